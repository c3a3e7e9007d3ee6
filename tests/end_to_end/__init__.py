"""All of Baton, run as an operator runs it."""
