"""What keeps an instance from starting: a sentence for each problem, with file and line where it has one."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

from shared.agreement.reading.source import LocatedList, LocatedMapping, place_of, place_of_key, read_yaml

_NAMED: Final = re.compile(r"expected a \w+, found '([^']*)'")
_STEP: Final = re.compile(r"\[(\d+)\]")
_WORDS: Final = {
    "input should be": "expected",
    "a valid integer": "a whole number",
    "a valid dictionary": "a JSON object",
    "a valid list": "a JSON list",
}
"""Pydantic's words, and ours."""


class CannotStart(Exception):
    """Something is wrong with a file or setting. `problems` has a sentence for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def with_lines(path: Path, problems: Iterable[str]) -> list[str]:
    """`FILE: a.b.c: wrong` → `FILE:line: a.b.c: wrong`, for problems that begin with a YAML path."""
    tree, _ = read_yaml(path.read_text(encoding="utf-8-sig", errors="replace"), str(path))
    prefix = f"{path}: "
    return [
        f"{path}:{_line(tree, problem.removeprefix(prefix))}: {problem.removeprefix(prefix)}"
        if tree is not None and problem.startswith(prefix)
        else problem
        for problem in problems
    ]


def _line(tree: LocatedMapping, problem: str) -> int:
    where = _STEP.sub(r".\1", problem.partition(": ")[0])
    steps = tuple(int(step) if step.isdecimal() else step for step in _steps(tree, where))
    named = _NAMED.search(problem)
    mark = place_of_key(tree, (*steps, named[1])) if named else place_of(tree, steps)
    return max(mark[0], 1)


def _steps(tree: object, dotted: str) -> list[str]:
    """The keys on the way; a key such as `company.name` has dots of its own."""
    if not dotted or not isinstance(tree, LocatedMapping | LocatedList):
        return []
    if isinstance(tree, LocatedList):
        step, _, rest = dotted.partition(".")
        inside = tree[int(step)] if step.isdecimal() and int(step) < len(tree) else None
        return [step, *_steps(inside, rest)]
    for key in sorted(tree, key=len, reverse=True):
        if dotted == key or dotted.startswith(f"{key}."):
            return [key, *_steps(tree[key], dotted[len(key) + 1 :])]
    return []


def setting_problems(settings: type[BaseSettings], invalid: ValidationError) -> list[str]:
    """Each wrong setting by the name of its environment variable, and the place in it if it has several."""
    prefix = settings.model_config.get("env_prefix", "")
    return [
        f"{_place(prefix, error)}: {_expected(error)}; {_found(settings, error)}see .env.example"
        for error in invalid.errors()
    ]


def _place(prefix: str, error: ErrorDetails) -> str:
    name, *inside = [str(step) for step in error["loc"]] or [""]
    return ": ".join([f"{prefix}{name}".upper(), *filter(None, [".".join(inside)])])


def _expected(error: ErrorDetails) -> str:
    """Pydantic's sentence, as ours begin, without the reason in its own terms."""
    what = (error["msg"][0].lower() + error["msg"][1:]).partition(", unable to")[0]
    for theirs, ours in _WORDS.items():
        what = what.replace(theirs, ours, 1)
    return what


def _found(settings: type[BaseSettings], error: ErrorDetails) -> str:
    """What is written there, unless there is a secret in the setting: a log is read by many."""
    field = settings.model_fields.get(str(error["loc"][0])) if error["loc"] else None
    kind: Any = str if field is None else field.annotation
    is_secret = "writeOnly" in str(TypeAdapter(kind).json_schema())
    return "" if is_secret else f"found {error['input']!r}, "
