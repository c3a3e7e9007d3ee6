"""Decisions made once more: replayed as things were, or by another agreement."""
