"""Names as a column takes them: PostgreSQL has no NUL in texts, and a column has its length."""

from typing import Final

from shared.baton import Holder

NAME_MAX: Final = 200


def plain(text: str, most: int | None = None) -> str:
    """The text without what a column can not hold, at most so many characters of it."""
    return text.replace("\x00", "")[:most]


def plain_holder(holder: Holder | None) -> Holder | None:
    """The holder by names that are searched for in columns. Nearly all are plain as they are."""
    if holder is None or (_is_plain(holder.name) and _is_plain(holder.answers)):
        return holder
    return Holder(holder.kind, plain(holder.name, NAME_MAX), plain(holder.answers, NAME_MAX))


def _is_plain(name: str) -> bool:
    return len(name) <= NAME_MAX and "\x00" not in name
