"""All services under bad luck, from a seed."""
