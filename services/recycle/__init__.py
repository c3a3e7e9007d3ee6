"""Recycle: sends leads back to nurture and returns them, and keeps the ledger of who answers."""
