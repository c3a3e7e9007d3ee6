"""The key file of a folder, checked line by line; and the two keys that a folder has of its own."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.folder import write_private
from deploy.problems import CannotStart
from services.routing.domain.people.roster import PERSON
from shared.runtime.keys import KeyRing
from shared.terms import Role
from shared.unknown import expected_one_of, quoted

OPERATOR: Final = "this folder's operator"
SOURCE: Final = "this folder's first source"
_FIELDS: Final = ("id", "name", "role", "hash")


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """What `baton` itself calls with, and what the first lead may be sent with."""

    operator: str
    source: str


def open_ring(path: Path) -> KeyRing:
    """The keys in the file at `path`. Raises CannotStart, naming file and line."""
    problems = list(_problems(path)) if os.path.lexists(path) else []
    if problems:
        raise CannotStart(problems)
    return KeyRing(path)


def wrong_with_key(name: str, role: Role, person: str | None) -> tuple[str, str] | None:
    """Why a key for these can not be made: the field and what is wrong with it. None if it can."""
    if not name.isprintable():
        return "name", "is not one line of plain text"
    if role is Role.REP and not person:
        return "person", "is missing: a rep's key names the rep's work e-mail address"
    if person and not PERSON.fullmatch(person):
        return "person", f"expected a work e-mail address, found {quoted(person)}"
    return None


def own_keys(path: Path, ring: KeyRing) -> OwnKeys:
    """The folder's own keys, kept readable for its owner only; a key that was revoked is made anew."""
    kept = _read(path)
    keys = OwnKeys(
        operator=_still_good(ring, kept.get("operator"), OPERATOR, Role.OPERATOR),
        source=_still_good(ring, kept.get("source"), SOURCE, Role.SOURCE),
    )
    write_private(path, json.dumps({"operator": keys.operator, "source": keys.source}))
    return keys


def _still_good(ring: KeyRing, token: str | None, name: str, role: Role) -> str:
    holder = ring.whose(token) if token else None
    return token if token and holder and holder.role is role else ring.add(name, role)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _problems(path: Path) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as wrong:
        yield f"{path}: can not be read ({wrong.strerror}); name a key file, or a place for a new one"
        return
    try:
        document = json.loads(text)
    except ValueError as wrong:
        line = getattr(wrong, "lineno", 1)
        reason = getattr(wrong, "msg", str(wrong))
        yield f"{path}:{line}: not JSON ({reason}); restore the file, or delete it to begin with new keys"
        return
    rows = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        yield f'{path}:1: expected {{"keys": [...]}}; restore the file, or delete it to begin with new keys'
        return
    places = _places(text, len(rows))
    for line, row in zip(places, rows, strict=True):
        yield from (f"{path}:{line}: {problem}" for problem in _row_problems(row))


def _row_problems(row: object) -> Iterator[str]:
    if not isinstance(row, dict):
        yield "a key is an object with id, name, role, person and hash; remove this one"
        return
    missing = [field for field in _FIELDS if not isinstance(row.get(field), str)]
    if missing:
        yield f"this key has no {' and no '.join(missing)}; restore it, or remove it and add a new one"
    elif row["role"] not in set(Role):
        yield f"a key's role: {expected_one_of(Role, row['role'])}"
    elif row["role"] == Role.REP and not row.get("person"):
        yield "a rep's key names its person; add it, or remove the key and add a new one"


def _places(text: str, rows: int) -> list[int]:
    """The line on which each row of the list begins."""
    decoder, places = json.JSONDecoder(), []
    at = text.index("[", text.index('"keys"')) + 1
    for _ in range(rows):
        while text[at] in " \t\r\n,":
            at += 1
        places.append(text.count("\n", 0, at) + 1)
        _, at = decoder.raw_decode(text, at)
    return places
