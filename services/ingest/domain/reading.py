"""Reads single values out of somebody else's JSON: bounded, typed, and named in the error when wrong."""

import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from services.ingest.domain.submission import CannotUnderstand

TEXT_MAX: Final = 200
URL_MAX: Final = 2000
MESSAGE_MAX: Final = 2000
DEPTH_MAX: Final = 32
EMPLOYEES_MAX: Final = 10_000_000
_GZIP: Final = b"\x1f\x8b"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM: Final = 100_000_000_000  # in seconds this would be the year 5138
_DIGITS: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
_GROUPED: Final = r"[0-9]{1,3}(?:[,.' ][0-9]{3})+|[0-9]+"
_EMPLOYEES: Final = re.compile(
    rf"({_GROUPED})\s*(?:\+|(?:-|–|—|to)\s*(?:{_GROUPED}))?(?:\s*(?:employees|people))?"
)
_LANGUAGE: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]*)?$")
_INVISIBLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u2028\u2029\ufeff\s]+")


def read_json(body: bytes) -> Mapping[str, Any]:
    """The JSON object in `body`. Raises CannotUnderstand: not JSON, NaN, not an object, too deep."""
    try:
        payload = msgspec.json.decode(body)
    except RecursionError:
        raise CannotUnderstand("body", "is nested too deeply") from None
    except (msgspec.MsgspecError, ValueError):
        raise CannotUnderstand("body", _why_not_json(body)) from None
    if not isinstance(payload, dict):
        raise CannotUnderstand("body", "is not a JSON object: send one object, not a list or a single value")
    if body.count(b"{") + body.count(b"[") > DEPTH_MAX:  # Else it can not be too deep.
        _check_depth(payload)
    return payload


def _why_not_json(body: bytes) -> str:
    if body.startswith(_GZIP):
        return "is compressed: switch compression off where it is sent"
    if body.startswith(BOM_UTF8):
        return "begins with a byte order mark: send one JSON object in UTF-8 without it"
    return "is not JSON: send one JSON object in UTF-8"


def at_path(field: str, payload: Mapping[str, Any], path: str) -> object:
    """What stands at a dotted path (`data.contact.0.email`); None where there is nothing.

    A key that is spelled like the whole path comes first: a table's column may be called `company.name`.
    Raises CannotUnderstand for a value on the way into which no path leads.
    """
    if path in payload:
        return payload[path]
    if "." not in path:
        return None
    here: object = payload
    steps = path.split(".")
    for number, step in enumerate(steps):
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and step.isascii() and step.isdecimal() and len(step) < 6:
            here = here[int(step)] if int(step) < len(here) else None
        elif here is None:
            return None
        else:
            raise CannotUnderstand(field, f"is looked for in {'.'.join(steps[:number])}, which is no object")
    return here


def exact_text(field: str, value: object, at_most: int = TEXT_MAX) -> str | None:
    """A text that identifies something, whole. Raises CannotUnderstand if it is too long."""
    text = _plain(field, value)
    if len(text) > at_most:
        raise CannotUnderstand(field, f"is longer than {at_most} characters")
    return text or None


def loose_text(field: str, value: object, at_most: int = TEXT_MAX) -> str | None:
    """A text that describes something; cut, with a mark, if too long: no lead waits for a long title."""
    text = _plain(field, value)
    return (text if len(text) <= at_most else text[: at_most - 1] + "…") or None


def instant(field: str, value: object, received_at: datetime) -> datetime:
    """An instant: ISO 8601 with a zone, a date (its midnight, UTC), or unix time in seconds or milliseconds.

    Missing means `received_at`, and so does anything later: a fast clock must not keep points from fading.
    """
    text = exact_text(field, value)
    if text is None:
        return received_at
    try:
        at = _unix(float(text)) if _DIGITS.fullmatch(text) else _iso(field, text)
    except (ValueError, OverflowError):
        raise CannotUnderstand(field, "is not an instant: write it as 2026-01-05T09:12:44Z") from None
    if at < _EARLIEST:
        raise CannotUnderstand(field, f"lies before {_EARLIEST.year}: no lead is that old")
    return min(at, received_at)


def employees(written: str) -> int | None:
    """A number of employees; of a range (`11-50`, `1,000+`) the lower end, which is sure. None if neither."""
    match = _EMPLOYEES.fullmatch(written.removesuffix(".0").lower())
    if match is None or len(match[1]) > len("10,000,000"):
        return None
    count = int(re.sub("[^0-9]", "", match[1]))
    return count if count <= EMPLOYEES_MAX else None


def language(written: str) -> str | None:
    """The language of a tag such as `pt-BR`: `pt`. None if it is no tag."""
    match = _LANGUAGE.match(written)
    return match[1].lower() if match else None


def word(text: str) -> str:
    """A name as a rule would spell it: "Demo Requested" becomes `demo_requested`."""
    return "_".join(re.findall(r"[^\W_]+|\.", text.casefold())).replace("_._", ".").strip("_.")


def _plain(field: str, value: object) -> str:
    """A scalar as one line of text without invisible characters (databases refuse NUL); "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if value.isprintable() and "  " not in value:  # Nearly all are, and this costs a tenth.
            return value.strip()
        return _INVISIBLE.sub(" ", value).strip()
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < 10**30):
        return str(value)
    raise CannotUnderstand(field, "is not a plain value: a text or a number is expected here")


def _iso(field: str, text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        if len(text) > len("2026-01-05"):
            raise CannotUnderstand(field, "has no time zone: end it with Z or an offset such as +01:00")
        return at.replace(tzinfo=UTC)
    return at.astimezone(UTC)


def _unix(number: float) -> datetime:
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    return _EPOCH + timedelta(seconds=seconds)


def _check_depth(payload: object) -> None:
    level: list[object] = [payload]
    for _ in range(DEPTH_MAX):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise CannotUnderstand("body", f"is nested more than {DEPTH_MAX} levels deep")


def _children(node: object) -> list[object]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
