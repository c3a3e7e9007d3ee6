"""Small enough to be read at once: functions of 40 lines, files of 300; and each file says what it is."""

import ast
from collections.abc import Iterator

from tests.tidy import exceptions, tree

FUNCTION_LINES_MAX = 40
FILE_LINES_MAX = 300


def _functions() -> Iterator[tuple[str, int]]:
    for path in tree.python():
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{tree.name(path)}::{node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_every_function_fits_on_a_screen() -> None:
    long = {function: lines for function, lines in _functions() if lines > FUNCTION_LINES_MAX}
    assert long.keys() == exceptions.LONG_FUNCTIONS.keys(), f"split these in two: {long}"


def test_every_file_is_about_one_thing() -> None:
    lines = {tree.name(path): len(tree.read(path).splitlines()) for path in tree.python()}
    long = {path: count for path, count in lines.items() if count > FILE_LINES_MAX}
    assert long.keys() == exceptions.LONG_FILES.keys(), f"split these by subject: {long}"


def test_every_module_begins_by_saying_what_it_is() -> None:
    mute = []
    for path in tree.python():
        said = ast.get_docstring(tree.parsed(path)) or ""
        if tree.read(path).strip() and not said.strip().split("\n")[0].rstrip().endswith(
            (".", ":", "?", "!")
        ):
            mute.append(tree.name(path))
    assert mute == [], "begin these with a sentence that a newcomer could read aloud"
