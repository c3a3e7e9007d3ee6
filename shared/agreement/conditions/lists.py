"""Lists beside the agreement: CSV files with a header, of which a condition asks "is this value in it?"."""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shared.agreement.reading.problems import Problem

ROWS_MAX = 200_000
"""Rows in one list. Longer ones belong in a database."""

_OTHER_SIGNS: Final = {";": "a semicolon", "\t": "a tab", "|": "a bar"}
"""What other tools put between columns; no column's name has one."""


@dataclass(frozen=True, slots=True, eq=False)
class NamedList:
    """One list, by column. The fingerprint is that of the file's content; receipts name it."""

    name: str
    fingerprint: str
    columns: Mapping[str, frozenset[str]]

    def column_for(self, name: str) -> str:
        """The column in which `name` is looked up: the one named like its last part, or the first."""
        wanted = name.rpartition(".")[2]
        return wanted if wanted in self.columns else next(iter(self.columns))

    def values_for(self, name: str) -> frozenset[str]:
        """The values among which `name` is looked up."""
        return self.columns[self.column_for(name)]


def folded(text: str) -> str:
    """Text as conditions compare it: without regard to case and to blanks around it."""
    return text.strip().casefold()


def read_list(name: str, text: str, file: str) -> tuple[NamedList | None, list[Problem]]:
    """The list and what is to be objected to, or None and everything that is wrong with its file."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        return None, [Problem(file, reader.line_num, 1, f"this row can not be read as CSV: {error}")]
    header = [folded(cell) for cell in rows[0][1]] if rows else []
    if not header or "" in header or len(set(header)) < len(header):
        return None, [
            Problem(file, 1, 1, "expected a header of different column names, such as domain,owner")
        ]
    if len(rows) > ROWS_MAX:
        return None, [Problem(file, rows[ROWS_MAX][0], 1, f"a list has at most {ROWS_MAX:,} rows")]
    problems = [
        Problem(file, line, 1, wrong) for line, row in rows[1:] if (wrong := _wrong_with(row, header))
    ]
    if problems:
        return None, problems
    columns = {column: _values(rows[1:], index) for index, column in enumerate(header)}
    found = NamedList(name, hashlib.sha256(text.encode()).hexdigest(), MappingProxyType(columns))
    return found, list(_objections(text, header, file))


def _objections(text: str, header: list[str], file: str) -> Iterator[Problem]:
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        yield Problem(file, line, 1, "this is no text: there is a NUL in it")
    elif other := next((sign for sign in _OTHER_SIGNS if sign in header[0]), None):
        yield Problem(file, 1, 1, f"expected commas between the columns, found {_OTHER_SIGNS[other]}")


def _wrong_with(row: list[str], header: list[str]) -> str | None:
    if len(row) != len(header):
        values = "1 value" if len(header) == 1 else f"{len(header)} values"
        return f"expected {values} ({', '.join(header)}), found {len(row)}"
    return f"the first column, {header[0]}, is empty" if not row[0].strip() else None


def _values(rows: list[tuple[int, list[str]]], index: int) -> frozenset[str]:
    return frozenset(folded(row[index]) for _, row in rows) - {""}
