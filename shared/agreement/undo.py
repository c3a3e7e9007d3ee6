"""Undoes a version: the content of the one before it, written as a new version that takes over now."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.agreement.load import load
from shared.agreement.versions import Version, due, read_versions


class NothingBefore(Exception):
    """There is no earlier version to go back to; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What was written: the new version, the one whose content it has, and the one that it undoes."""

    file: Path
    ref: str
    former: str
    undone: str


def write_former(place: Path, now: datetime) -> Undone:
    """Write the version before the one in force once more. Raises NothingBefore, AgreementInvalid."""
    versions = read_versions(place)
    current = due(versions, now)
    where = versions.index(current)
    if where == 0:
        raise NothingBefore(
            f"{place} has no version before {current.ref}: write the one that shall be in force by hand"
        )
    former = versions[where - 1]
    number = max(version.agreement.version for version in versions) + 1
    text = _as_version(former, number, now)
    name = place.name.replace("*", f"-{number}", 1) if "*" in place.name else f"agreement-{number}.yaml"
    file = former.file.with_name(name)
    with file.open("x", encoding="utf-8") as new:
        new.write(text)
    return Undone(file, load(file).ref, former.ref, current.ref)


def _as_version(former: Version, number: int, now: datetime) -> str:
    # All else stays as it was written, comments too.
    text = re.sub(r"(?m)^effective_from:.*\n", "", former.text)
    says = f"version: {number}  # the content of version {former.agreement.version} again"
    says = f"{says}\neffective_from: {now:%Y-%m-%dT%H:%M:%SZ}"
    text, found = re.subn(r"(?m)^version:.*$", says, text)
    if found != 1:
        raise NothingBefore(
            f"{former.file} does not say its version on a line of its own: write the new version by hand"
        )
    return text
