"""Loads an agreement for a command, or fails with everything that is wrong with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.command.failing import NO, Failed

if TYPE_CHECKING:
    from shared.agreement import Agreement, AgreementInvalid
    from shared.agreement.versions import Version


def loaded(file: Path) -> "Agreement":
    """The agreement in a file. Raises Failed with every problem."""
    from shared.agreement import AgreementInvalid, load  # half a second, which `baton --help` need not take

    try:
        return load(file)
    except AgreementInvalid as wrong:
        raise _refused(file, wrong) from wrong


def all_versions(place: Path) -> "Sequence[Version]":
    """Every version in a file or folder, or that a pattern names. Raises Failed with every problem."""
    from shared.agreement import AgreementInvalid
    from shared.agreement.versions import read_versions

    try:
        return read_versions(place)
    except AgreementInvalid as wrong:
        raise _refused(place, wrong) from wrong


def _refused(place: Path, wrong: "AgreementInvalid") -> Failed:
    problems = "".join(f"\n  {problem}" for problem in wrong.problems)
    return Failed(f"{place} is not valid:{problems}", NO)
