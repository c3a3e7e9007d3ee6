"""`baton demo`: hundreds of leads through a real Baton in half a minute, and all that can happen to them."""

import asyncio
import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console

from deploy.command.failing import NO, WRONG, Failed

if TYPE_CHECKING:
    from deploy.demo.play import Play

LOOK_EVERY_S: Final = 0.5
LINES_EVERY_S: Final = 2.0
KEEP_EVERY_S: Final = 1.0


def demo(
    leads: Annotated[int, typer.Option(help="How many people become leads.", min=10, max=9000)] = 320,
    seed: Annotated[str, typer.Option(help="Another seed, other people with other luck.")] = "1",
    keep: Annotated[bool, typer.Option("--keep", help="Go on serving afterwards, until Ctrl-C.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for programs.")] = False,
) -> None:
    """Play the demo: forms, reps, a nurture tool and clocks of seconds, all over HTTP on this machine.

    Exit code 0 if every lead that was acknowledged was captured and no lead was ever without an owner.
    """
    from deploy.demo.instance import DemoFailed
    from deploy.demo.play import stage
    from deploy.folder import Folder

    place = Path(tempfile.mkdtemp(prefix="baton-demo-"))
    try:
        code = asyncio.run(
            stage(Folder(place / "data"), leads, seed, lambda play: _show(play, keep=keep, as_json=as_json))
        )
    except DemoFailed as failed:
        raise Failed(str(failed), WRONG) from failed
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if code:
        raise typer.Exit(code)


async def _show(play: "Play", *, keep: bool, as_json: bool) -> int:
    from deploy.demo.ending import failures, stories, summary
    from deploy.demo.view import looking

    console = Console()
    people, url = play.script.newcomers, play.calling.url
    opening = (
        f"{people} people are about to become leads; the agreement's clocks are seconds. Baton is at {url}."
    )
    console.print(opening, highlight=False, soft_wrap=True)
    with looking(console) as look:
        last = await play.act(look, LOOK_EVERY_S if console.is_terminal else LINES_EVERY_S)
    told = await stories(play.calling, play.diary.leads)
    wrong = failures(play, last, told)
    summary(console, play, last, told)
    for sentence in wrong:
        console.print(f"not as it should be: {sentence}", style="red", highlight=False, soft_wrap=True)
    if keep:
        data = play.baton.folder.path
        console.print(f"\nIt goes on until Ctrl-C. Try: baton status --watch --data {data}", soft_wrap=True)
    if as_json:
        print(json.dumps(last.result()), flush=True)
    if keep:
        await _keep(play)
    return NO if wrong else 0


async def _keep(play: "Play") -> None:
    with suppress(asyncio.CancelledError):
        while play.baton.is_alive():  # noqa: ASYNC110  # another process sets no event of ours
            await asyncio.sleep(KEEP_EVERY_S)
