"""Guarantees removed one at a time: bad luck must notice each."""
