"""Undoes a version: the content of the one before it, written as a new version that takes over now."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.agreement.load import load
from shared.agreement.reading.problems import AgreementInvalid
from shared.agreement.versions import Version, due, read_versions


class NothingBefore(Exception):
    """There is no earlier version to go back to now; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What was written: the new version, the one whose content it has, and the one that it undoes.

    `planned`: what is meant for later, by the files, and takes over all the same.
    """

    file: Path
    ref: str
    former: str
    undone: str
    planned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InForce:
    """What a service decides by, what it decided by before that, and what is about to take over."""

    ref: str
    former: str | None
    announced: str | None = None


def write_former(place: Path, now: datetime, took_over: Sequence[InForce] = ()) -> Undone:
    """Write the version before the one in force once more. Raises NothingBefore, AgreementInvalid.

    `took_over`: what services say; of several the newest is undone. Without, `effective_from` says.
    What can not stand beside the others is not left behind.
    """
    announced = next((one.announced for one in took_over if one.announced is not None), None)
    if announced is not None:
        raise NothingBefore(f"{announced} is about to take over: wait for that, and undo it then")
    versions = read_versions(place)
    current, former = _of_services(place, versions, took_over) if took_over else _of_files(versions, now)
    if former is None:
        raise NothingBefore(
            f"{place} has no version before {current.ref}: write the one that shall be in force by hand"
        )
    number = max(version.agreement.version for version in versions) + 1
    text = _as_version(former, number, now)
    name = place.name.replace("*", f"-{number}", 1) if "*" in place.name else f"agreement-{number}.yaml"
    file = former.file.with_name(name)
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError as taken:
        raise NothingBefore(f"{file} is there already, with another version: give it another name") from taken
    try:
        read_versions(place)
        planned = tuple(version.ref for version in versions if version.agreement.effective_from > now)
        return Undone(file, load(file).ref, former.ref, current.ref, planned)
    except AgreementInvalid:
        file.unlink()
        raise


def _of_services(
    place: Path, versions: Sequence[Version], took_over: Sequence[InForce]
) -> tuple[Version, Version | None]:
    by_ref = {version.ref: version for version in versions}
    missing = [one.ref for one in took_over if one.ref not in by_ref]
    if missing:
        raise NothingBefore(f"{missing[0]} is in force, and {place} has no file of it: put it there first")
    newest = max(took_over, key=lambda one: versions.index(by_ref[one.ref]))
    return by_ref[newest.ref], by_ref.get(newest.former or "")


def _of_files(versions: Sequence[Version], now: datetime) -> tuple[Version, Version | None]:
    current = due(versions, now)
    where = versions.index(current)
    return current, versions[where - 1] if where else None


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
