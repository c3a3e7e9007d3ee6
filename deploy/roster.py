"""The roster file: one person a line, as routing wants it. Comments begin with #."""

import csv
from collections.abc import Iterator
from pathlib import Path

from deploy.problems import CannotStart
from services.routing.domain.people.roster import FIELDS, Row, column_mistakes, wrong_separator


def read_rows(path: Path) -> list[Row]:
    """Every person of a CSV file, each with its line, also those that can not be read.

    Raises CannotStart if it is no such file.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as wrong:
        raise CannotStart([f"{path}: {wrong.strerror}; name a CSV file of people"]) from wrong
    except UnicodeDecodeError as wrong:
        raise CannotStart([f"{path}: it is not UTF-8 text; save it as CSV in UTF-8"]) from wrong
    return list(_rows(path, text))


def _rows(path: Path, text: str) -> Iterator[Row]:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if _says(line)]
    if not lines:
        raise CannotStart([f"{path}:1: a roster begins with the line {','.join(FIELDS)}"])
    head = [name.strip().lower() for name in next(csv.reader([lines[0][1]]))]
    if (parted := wrong_separator(head)) is not None:
        raise CannotStart([f"{path}:{lines[0][0]}: {parted}"])
    if "person" not in head:
        message = f"expected the column names {','.join(FIELDS)}, found {','.join(head)}"
        raise CannotStart([f"{path}:{lines[0][0]}: {message}"])
    if strange := column_mistakes(head):
        yield Row(f"{path}:{lines[0][0]}", {}, tuple(strange))
    for number, line in lines[1:]:
        cells = next(csv.reader([line]))
        named = zip(head, cells, strict=False)
        fields = {name: cell.strip() for name, cell in named if cell.strip() and name in FIELDS}
        more = f"{len(cells)} values for {len(head)} columns; part several teams with a semicolon"
        yield Row(f"{path}:{number}", fields, (more,) if len(cells) > len(head) else ())


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
