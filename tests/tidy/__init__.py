"""Taste as tests: what a reviewer would say twice is said here once, with what to do instead."""
