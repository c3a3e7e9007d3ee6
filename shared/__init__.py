"""What all services share: words, the baton, contracts, the agreement, the bus, the database and the runtime."""
