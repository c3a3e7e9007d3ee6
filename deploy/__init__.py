"""Puts Baton together: one process for all services, the command `baton`, and generated documents."""
