"""Loads an agreement for a command, or fails with everything that is wrong with it."""

from pathlib import Path
from typing import TYPE_CHECKING

from deploy.command.failing import NO, Failed

if TYPE_CHECKING:
    from shared.agreement import Agreement


def loaded(file: Path) -> "Agreement":
    """The agreement in a file. Raises Failed with every problem."""
    from shared.agreement import AgreementInvalid, load  # half a second, which `baton --help` need not take

    try:
        return load(file)
    except AgreementInvalid as wrong:
        problems = "".join(f"\n  {problem}" for problem in wrong.problems)
        raise Failed(f"{file} is not valid:{problems}", NO) from wrong
