"""From a file that was found valid to what the services use of it."""
