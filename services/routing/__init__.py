"""Routing: gives each lead to one person and watches the clock. Custodian while a rep or queue holds it."""
