"""All of recycle's SQL: lead states with their ledger, the gaps in it, the story, counts and watermarks."""
