"""What a message says of a word that nobody knows: what was found, and what may have been meant."""

import difflib
from collections.abc import Iterable

_LISTED_MAX = 12
"""How many known words a message lists when none of them is near; more would hide the message."""

_QUOTED_MAX = 60
"""How much of a found value a message repeats."""


def expected_one_of(known: Iterable[str], found: object) -> str:
    """The end of a message about an unknown word: what was found, and the nearest known word or all."""
    words = sorted(set(known))
    near = nearest(str(found), words)
    if near is not None:
        return f"found {quoted(found)}; did you mean '{near}'?"
    if not words:
        return f"found {quoted(found)}; none is known here"
    listed = ", ".join(map(_shortened, words[:_LISTED_MAX])) + (", …" if len(words) > _LISTED_MAX else "")
    return f"found {quoted(found)}; known: {listed}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like `word`, if any does."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    part = next((part for part in word.casefold().split() if part in by_folded), None)
    if part is not None:
        return by_folded[part]
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def quoted(found: object) -> str:
    """A found value as a message repeats it: one line, and not all of a long one."""
    if found is None:
        return "nothing"
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, dict):
        return "a mapping"
    if isinstance(found, list | tuple):
        return "a list"
    text = _shortened(str(found))
    return f"'{text}'" if isinstance(found, str) else text


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTED_MAX else text[: _QUOTED_MAX - 1] + "…"
