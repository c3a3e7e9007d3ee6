"""`baton agreement undo`: what was agreed before is agreed again, as a new version."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from deploy.command.asking import DEFAULT_DATA, DataOption, Instance, KeyOption, UrlOption
from deploy.command.failing import NO, Failed


def undo(
    place: Annotated[
        Path | None,
        typer.Argument(help="A folder of versions, or a pattern; else those in --data.", show_default=False),
    ] = None,
    data: DataOption = DEFAULT_DATA,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Write the content of the version before the one in force as a new version, which takes over at once.

    A running instance reads it right away: that of --data, or those that --url names.
    """
    from deploy.folder import Folder
    from shared.agreement import AgreementInvalid
    from shared.agreement.undo import NothingBefore, write_former

    try:
        written = write_former(place or Folder(data).agreements, datetime.now(UTC))
    except AgreementInvalid as wrong:
        raise Failed("\n".join(str(problem) for problem in wrong.problems), NO) from wrong
    except NothingBefore as none:
        raise Failed(str(none), NO) from none
    print(
        f"{written.file} is {written.ref}, with the content of {written.former}; it undoes {written.undone}."
    )
    if url is None and place is not None:
        print("Bring it to every process and let it read: SIGHUP, or POST /v1/agreement/reload.")
    elif url is None and not _runs(data):
        print("Nothing runs there: it takes over when Baton is started.")
    else:
        with Instance.reach(data, url, key) as instance:
            for client in instance.clients:
                _reload(Instance([client]))


def _runs(data: Path) -> bool:
    from deploy.folder import Folder, NoInstance

    try:
        Folder(data).instance()
    except NoInstance:
        return False
    return True


def _reload(instance: Instance) -> None:
    for one in instance.post("/v1/agreement/reload"):
        for coming in one["coming"]:
            print(f"{one['service']}: {coming['agreement']} takes over at {coming['takes_over_at']}.")
