"""The bus that carries events between the services: one port, and what can stand behind it."""
