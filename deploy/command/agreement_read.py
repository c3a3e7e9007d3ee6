"""Loads an agreement for a command, or fails with everything that is wrong with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.command.failing import NO, Failed

if TYPE_CHECKING:
    from shared.agreement import Agreement, AgreementInvalid
    from shared.agreement.versions import Version


def loaded(file: Path, *, is_agreed: bool = False) -> "Agreement":
    """The agreement in a file. Raises Failed with every problem; `is_agreed`: but for those of new ones."""
    # half a second, which `baton --help` need not take
    from shared.agreement.load import load, load_agreed
    from shared.agreement.reading.problems import AgreementInvalid

    try:
        return load_agreed(file) if is_agreed else load(file)
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
