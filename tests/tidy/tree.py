"""The files of the project as the tidy tests read them; each is read once."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("bench", "deploy", "services", "shared", "tests")
NOT_OURS = {".venv", ".git", ".demo", "__pycache__", "build", "data", "node_modules"}
NOT_OURS |= {
    f".{tool}" for tool in ("hypothesis", "import_linter_cache", "mypy_cache", "pytest_cache", "ruff_cache")
}
TEXT = {".css", ".html", ".js", ".mako", ".md", ".py", ".sh", ".sql", ".svg", ".txt"}
TEXT |= {"", ".cfg", ".conf", ".csv", ".example", ".ini", ".json", ".lock", ".toml", ".yaml", ".yml"}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, sorted; neither caches nor what running it leaves behind."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in NOT_OURS or path.name.endswith((".egg-info", ".pyc")):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def python() -> list[Path]:
    """Every Python file, migrations left out: they are history, written by a tool, and never changed."""
    mine = [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in CODE]
    return [path for path in mine if "versions" not in path.parts]


def texts() -> list[Path]:
    """Every file a person may read."""
    return [path for path in files() if path.suffix in TEXT]


def name(path: Path) -> str:
    """The path from the root of the project, as it is written in lists and messages."""
    return path.relative_to(ROOT).as_posix()


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(read(path), filename=str(path))


def findings(pattern: re.Pattern[str], path: Path) -> list[str]:
    """`file:line: text` of each line that matches."""
    lines = enumerate(read(path).splitlines(), start=1)
    return [f"{name(path)}:{number}: {line.strip()}" for number, line in lines if pattern.search(line)]
