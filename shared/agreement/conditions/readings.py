"""How a fact is looked at before it is compared. What has the wrong type is missing; nothing here raises."""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Final

from shared.agreement.conditions.lists import folded

_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")


def text(value: object) -> str | None:
    """Text without regard to case and to blanks around it; blank text is missing."""
    return (folded(value) or None) if isinstance(value, str) else None


def words(value: object) -> str | None:
    """The words of a text, each with one blank on either side: 'VP, Sales' is ' vp sales '."""
    if not isinstance(value, str):
        return None
    plain = value if value.isascii() else unicodedata.normalize("NFKC", value)
    return f" {_BETWEEN_WORDS.sub(' ', plain.casefold()).strip()} "


def without_signs(text: str) -> str:
    """The words of a text as they are written: 'C++ (VP)' is 'C VP'."""
    return _BETWEEN_WORDS.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def searchable(value: object) -> str | None:
    """Text as the regular expression engine takes it, which knows no lone surrogates."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def number(value: object) -> float | None:
    """A finite number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def truth(value: object) -> bool | None:
    """True or false, and nothing that merely looks like it."""
    return value if isinstance(value, bool) else None


def known(value: object) -> bool:
    """Whether there is a value at all; blank text is none."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def age_s(value: object, now: object) -> float | None:
    """Seconds from an instant to now, negative for one ahead. Missing unless both have a zone."""
    then, present = instant(value), instant(now)
    if then is None or present is None:
        return None
    return (present - then).total_seconds()


def instant(value: object) -> datetime | None:
    """An instant with a zone, also as the text in which events and receipts carry it."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, datetime) and value.tzinfo is not None else None


READINGS: Final[MappingProxyType[str, Callable[[object], object]]] = MappingProxyType(
    {"text": text, "words": words, "searchable": searchable, "number": number, "truth": truth, "known": known}
)
"""The readings by the name under which generated code calls them; `age_s`, which also takes now, is apart."""
