"""What contradicts itself, what no lead can reach, what is doubtful, and what is not enforced yet."""
