"""Routing: gives each lead to one person, and watches the clock. Custodian while a rep or a queue holds it."""
