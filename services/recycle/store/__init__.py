"""All of recycle's SQL: lead states, the ledger and its gaps, the story, counts and watermarks."""


def plain(text: str, most: int | None = None) -> str:
    """A text as a column takes it: PostgreSQL has no NUL in texts, and a column has its length."""
    return text.replace("\x00", "")[:most]
