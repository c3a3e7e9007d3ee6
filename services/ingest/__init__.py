"""Ingest: takes leads in, durably, and says who they are."""
