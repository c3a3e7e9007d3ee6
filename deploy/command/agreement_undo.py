"""`baton agreement undo`: what was agreed before is agreed again, as a new version."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from deploy.command.asking import DEFAULT_DATA, DataOption, Instance, KeyOption, UrlOption
from deploy.command.failing import NO, NOBODY, Failed
from deploy.folder import Folder, NoInstance

if TYPE_CHECKING:
    from httpx import Client

    from shared.agreement.undo import Undone

_HOLDERS: Final = ("routing", "recycle")
"""Who has teams, tracks and desks that hold leads, and so may refuse what the others take."""

_WHERE: Final = "Bring it to every process and let it read: SIGHUP, or POST /v1/agreement/reload."


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

    A running instance says what is in force and reads it right away: that of --data, or those that --url
    names, routing and recycle first. If the first refuses, no file is left. Where none is asked,
    effective_from says what is in force.
    """
    with _reached(place, data, url, key) or nullcontext() as instance:
        took_over = instance.collect("/v1/agreement", "service") if instance is not None else []
        if instance is not None:
            instance.clients.sort(key=_holds_nothing)
        written = _write(place or Folder(data).agreements, took_over)
        answers = list(_reload(instance, written.file)) if instance is not None else []
    print(
        f"{written.file} is {written.ref}, with the content of {written.former}; it undoes {written.undone}."
    )
    for one in answers:
        print(f"{one['service']}: {_outlook(written.ref, one['coming'])}.")
    if instance is None:
        print(_WHERE if place is not None else "Nothing runs there: it takes over when Baton is started.")
        if written.planned:
            print(f"What is planned takes over all the same: {', '.join(written.planned)}.")


def _reached(place: Path | None, data: Path, url: str | None, key: str | None) -> Instance | None:
    """The instance that reads what is written, if there is one."""
    if url is None and (place is not None or not _runs(data)):
        return None
    return Instance.reach(data, url, key)


def _holds_nothing(client: "Client") -> bool:
    return not any(one["service"] in _HOLDERS for one in Instance([client]).get("/v1/agreement"))


def _runs(data: Path) -> bool:
    try:
        Folder(data).instance()
    except NoInstance:
        return False
    return True


def _write(place: Path, took_over: Sequence[Mapping[str, Any]]) -> "Undone":
    from shared.agreement import AgreementInvalid
    from shared.agreement.undo import InForce, NothingBefore, write_former

    in_force = [InForce(one["in_force"], one["former"], _announced(one["coming"])) for one in took_over]
    try:
        return write_former(place, datetime.now(UTC), in_force)
    except AgreementInvalid as wrong:
        raise Failed("\n".join(str(problem) for problem in wrong.problems), NO) from wrong
    except NothingBefore as none:
        raise Failed(str(none), NO) from none


def _announced(coming: Sequence[Mapping[str, Any]]) -> str | None:
    return next((one["agreement"] for one in coming if one["takes_over_at"] is not None), None)


def _reload(instance: Instance, file: Path) -> Iterator[Mapping[str, Any]]:
    """What each service says to it. A version that is refused by the first process is not left behind."""
    for number, client in enumerate(instance.clients):
        try:
            yield from Instance([client]).post("/v1/agreement/reload")
        except Failed as refused:
            if number or refused.code == NOBODY:  # It is agreed, or may be: its file must stay.
                raise Failed(f"{refused}\n{file} stays. {_WHERE}", refused.code) from refused
            file.unlink()
            raise Failed(f"{refused}\nNothing is undone; {file} is gone again.", refused.code) from refused


def _outlook(ref: str, coming: Sequence[Mapping[str, Any]]) -> str:
    found = next((one for one in coming if one["agreement"] == ref), None)
    if found is None:
        return f"{ref} is not planned here"
    if found["takes_over_at"] is None:
        return f"{ref} is held up: {found['held_up'] or 'it is not announced yet'}"
    planned = (
        f"; {one['agreement']} still does, at {one['effective_from']}" for one in coming if one != found
    )
    return f"{ref} takes over at {found['takes_over_at']}{''.join(planned)}"
