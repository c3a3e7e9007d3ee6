"""Real servers for the tests, started once for each run and stopped with it."""
