"""What all services share: words, the baton, contracts, the agreement, bus, database and runtime."""
