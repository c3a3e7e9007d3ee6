"""Helpers for tests: leads to start from, and events to say and hear."""
