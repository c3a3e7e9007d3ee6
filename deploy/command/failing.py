"""How the command fails: one sentence that says what to do, and an exit code that means something."""

from collections.abc import Sequence
from typing import Any, Final

import typer
from typer.core import TyperGroup

NO: Final = 1
"""The answer is no: an invalid agreement, rows that failed."""
WRONG: Final = 2
"""Wrong use, or it can not start."""
NOBODY: Final = 3
"""No instance could be reached."""
UNEXPECTED: Final = 70


class Failed(Exception):
    """Ends the command with a sentence and an exit code."""

    def __init__(self, sentence: str, code: int = WRONG) -> None:
        super().__init__(sentence)
        self.code = code


def can_not_start(problems: Sequence[str]) -> Failed:
    """The failure of a process that finds something wrong before it runs: every problem, a line each."""
    more = "" if len(problems) == 1 else f" (and {len(problems) - 1} more, below)"
    listed = "".join(f"\n  {problem}" for problem in problems[1:])
    return Failed(f"can not start: {problems[0]}{more}{listed}", WRONG)


class Sentences(TyperGroup):
    """Says every failure in a sentence, never in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Failed as failed:
            _end(str(failed), failed.code)
        except typer.Abort:
            raise
        except KeyboardInterrupt:
            _end("stopped", 130)
        except BrokenPipeError:
            _end("", 0)
        except Exception as unexpected:
            if hasattr(unexpected, "exit_code"):  # typer's own way to end, or to explain a wrong use.
                raise
            words = f"{type(unexpected).__name__}: {unexpected}"
            _end(f"this should not happen: {words}. Please report it with what you ran", UNEXPECTED)


def _end(sentence: str, code: int) -> None:
    if sentence:
        typer.echo(f"baton: {sentence}", err=True)
    raise SystemExit(code)
