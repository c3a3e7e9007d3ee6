"""Routing's decisions, pure: who gets a lead, by when, and what follows when time runs out."""
