"""Texts as a column takes them: no longer than it is, and without a NUL, which PostgreSQL does not know."""


def fits(text: str, most: int | None = None) -> bool:
    """Whether a column that takes at most so many characters takes this text. None: it takes any length."""
    return (most is None or len(text) <= most) and "\x00" not in text


def clean(text: str, most: int | None = None) -> str:
    """The text as such a column takes it. What it can not hold is replaced: what was different stays so."""
    if text.isascii() and fits(text, most):
        return text
    # Half of a surrogate pair is no text for PostgreSQL either.
    return text[:most].replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
