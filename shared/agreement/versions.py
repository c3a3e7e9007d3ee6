"""Versions of the agreement, side by side: finds their files, reads them, says what changed in one."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from shared.agreement.agreement import Agreement
from shared.agreement.changes import changes
from shared.agreement.load import load_agreed, load_agreed_text
from shared.agreement.reading.problems import AgreementInvalid, Problem
from shared.unknown import quoted

_ENDINGS: Final = (".yaml", ".yml")
_TOLD_MAX: Final = 3
"""How many changes are told; the others are counted."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it is written: its file, the text of it, and what the services make of it."""

    file: Path
    text: str
    agreement: Agreement

    @property
    def ref(self) -> str:
        """How decisions name it: "acme@3"."""
        return self.agreement.ref

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of its content: the file, and the lists beside it."""
        lists = sorted(self.agreement.list_fingerprints.items())
        return hashlib.sha256(repr((self.agreement.fingerprint, lists)).encode()).hexdigest()


def files_of(place: Path) -> list[Path]:
    """The files that a place names: itself, all YAML in a folder, or all that a pattern with `*` matches."""
    if place.is_dir():
        return sorted(path for path in place.iterdir() if path.suffix in _ENDINGS)
    return sorted(place.parent.glob(place.name)) if "*" in place.name else [place]


def read_versions(place: Path) -> list[Version]:
    """Every version at a place, by the instant from which it is meant.

    Raises AgreementInvalid with all that is wrong in any of the files, and between them. What is only
    refused in new versions is in the `objections` of each.
    """
    problems, versions = [], []
    for file in files_of(place):
        try:
            versions.append(_read(file))
        except AgreementInvalid as wrong:
            problems += wrong.problems
    versions.sort(key=lambda version: (version.agreement.effective_from, version.agreement.version))
    problems += _side_by_side(versions)
    if not versions and not problems:
        problems = [
            Problem(str(place), 0, 0, "there is no agreement here: expected a file that ends in .yaml")
        ]
    if problems:
        raise AgreementInvalid(problems)
    return versions


def due(versions: Sequence[Version], at: datetime) -> Version:
    """The version that is meant to be in force at an instant; before all of them, the first."""
    meant = [version for version in versions if version.agreement.effective_from <= at]
    return meant[-1] if meant else versions[0]


def out_of_order(versions: Sequence[Version]) -> Iterator[Problem]:
    """What is newer by its number, and meant from before an older one, which then ends it.

    So is an undo, of what had been planned before it; else an instant is mistyped. `versions`: as read.
    """
    for index, version in enumerate(versions):
        later = (one for one in versions[index + 1 :] if one.agreement.name == version.agreement.name)
        older = next((one for one in later if one.agreement.version < version.agreement.version), None)
        if older is not None:
            since = f"{older.agreement.effective_from:%Y-%m-%d %H:%M} UTC"
            said = (
                f"{version.ref} ends on {since}, when {older.ref} takes over: is each effective_from meant?"
            )
            yield Problem(str(version.file), 0, 0, said)


def what_changed(text: str, lists: Mapping[str, str], version: Version) -> str:
    """How a version differs from a former text and former fingerprints of its lists, in a few words."""
    places = list(_places(text.splitlines(), version.text.splitlines()))
    now = version.agreement.list_fingerprints
    places += [
        f"the list {name} is another" for name in sorted({*lists, *now}) if lists.get(name) != now.get(name)
    ]
    if not places:
        return "its line ends are others"
    more = f", and {len(places) - 1} more differ" if len(places) > 1 else ""
    meaning = _meaning(text, version)
    return f"{meaning} ({places[0]}{more})" if meaning else f"{places[0]}{more}"


def _meaning(text: str, version: Version) -> str:
    """What the change means, in words; nothing if the text means the same, or is not understood any more."""
    beside, now = version.file.parent, version.agreement
    try:
        # Of former lists only the fingerprints are known: those of today stand in for them.
        lists = {name: (beside / name).read_text("utf-8-sig") for name in now.written.lists.values()}
        found = [change.sentence for change in changes(load_agreed_text(text, lists=lists), now)]
    except (AgreementInvalid, OSError, ValueError):
        return ""
    more = [f"{len(found) - _TOLD_MAX} more changes"] if len(found) > _TOLD_MAX else []
    return "; ".join((*found[:_TOLD_MAX], *more))


def _places(was: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    for tag, i1, _, j1, _ in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        match tag:
            case "replace":
                yield f"line {j1 + 1} is {quoted(now[j1])} and was {quoted(was[i1])}"
            case "insert":
                yield f"line {j1 + 1} is new: {quoted(now[j1])}"
            case "delete":
                yield f"a line after {j1} is gone: {quoted(was[i1])}"


def _read(file: Path) -> Version:
    while True:
        agreement = load_agreed(file)
        text = file.read_bytes().decode("utf-8-sig")
        if hashlib.sha256(text.encode()).hexdigest() == agreement.fingerprint:
            return Version(file, text, agreement)


def _side_by_side(versions: Sequence[Version]) -> Iterator[Problem]:
    by_ref: dict[str, Version] = {}
    by_instant: dict[datetime, Version] = {}
    for version in versions:
        other = by_ref.setdefault(version.ref, version)
        if other is not version:
            said = f"{other.file} is {version.ref} too: give each file a version of its own"
            yield Problem(str(version.file), 0, 0, said)
            continue
        other = by_instant.setdefault(version.agreement.effective_from, version)
        if other is not version:
            since = f"{version.agreement.effective_from:%Y-%m-%d %H:%M} UTC"
            said = f"{other.ref} takes over then too, on {since}: give this one another effective_from"
            yield Problem(str(version.file), 0, 0, said)
