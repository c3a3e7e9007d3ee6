"""A CSV file of leads: which of its columns is which of our fields, and its rows with their lines."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from deploy.command.failing import Failed
from services.ingest.domain.sources import FIELDS
from shared.unknown import expected_one_of

if TYPE_CHECKING:
    from _csv import Reader

OTHER_WORDS: Final = {
    "e_mail": "email",
    "email_address": "email",
    "firstname": "first_name",
    "lastname": "last_name",
    "surname": "last_name",
    "full_name": "name",
    "job_title": "title",
    "position": "title",
    "phone_number": "phone",
    "telephone": "phone",
    "mobile": "phone",
    "zip": "postal_code",
    "zip_code": "postal_code",
    "postcode": "postal_code",
    "id": "own_id",
    "company": "company.name",
    "company_name": "company.name",
    "organization": "company.name",
    "website": "company.domain",
    "domain": "company.domain",
    "company_domain": "company.domain",
    "employees": "company.employees",
    "company_employees": "company.employees",
    "company_size": "company.employees",
    "industry": "company.industry",
    "company_industry": "company.industry",
    "company_country": "company.country",
    "activity": "activity.type",
    "created_at": "activity.at",
    "url": "activity.url",
    "page": "activity.url",
}
"""What columns are often called, and which of our fields it means."""
CELL_MAX: Final = 1_000_000
_NOT_A_WORD: Final = re.compile(r"[^a-z0-9.]+")
_DELIMITERS: Final = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """One row by our field names, and the line on which it begins. `wrong`: why it can not be read, if so."""

    line: int
    values: dict[str, str]
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file whose columns are understood. `fields`: column → our field; `unknown`: columns left out."""

    path: Path
    delimiter: str
    header: Sequence[str]
    fields: dict[str, str]
    unknown: list[str]

    def rows(self) -> Iterator[Row]:
        """Every row that says something, also those that can not be read. Raises Failed: not in UTF-8."""
        with _opened(self.path) as file:
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            next(reader)
            begins = reader.line_num + 1
            while (row := self._next(reader, begins)) is not None:
                if row.values or row.wrong:
                    yield row
                begins = reader.line_num + 1

    def _next(self, reader: "Reader", begins: int) -> Row | None:
        try:
            cells = next(reader, None)
        except csv.Error as wrong:
            until = f" (nor is anything up to line {reader.line_num})" if reader.line_num > begins else ""
            return Row(begins, {}, f"is not CSV{until}: {wrong}; look for a quote that is not closed")
        except UnicodeDecodeError as wrong:
            raise Failed(
                f"{self.path}:{begins}: not readable as CSV in UTF-8 ({wrong}); mend it, "
                "then import the file again: rows that went in do nothing twice"
            ) from wrong
        return None if cells is None else self._row(begins, cells)

    def count(self) -> int:
        """About how many rows there are: cells may hold line ends."""
        with self.path.open("rb") as file:
            return max(0, sum(1 for line in file if line.strip()) - 1)

    def _row(self, begins: int, cells: Sequence[str]) -> Row:
        said = {column: cell for column, cell in zip(self.header, cells, strict=False) if cell.strip()}
        values = {self.fields[column]: cell for column, cell in said.items() if column in self.fields}
        if any(cell.strip() for cell in cells[len(self.header) :]):
            return Row(begins, {}, "has more cells than columns; quote cells that hold a comma")
        if said and not values:
            return Row(begins, {}, "has nothing in the columns that are imported")
        return Row(begins, values)


def open_table(path: Path, mappings: Sequence[str]) -> Table:
    """The table in a CSV file. `mappings`: `column=field`, before what its header says. Raises Failed."""
    csv.field_size_limit(CELL_MAX)
    header, delimiter = _header(path)
    fields = {column: field for column in header if (field := _field_of(column)) is not None}
    given = dict(_mapping(written, header) for written in mappings)
    fields = {c: f for c, f in fields.items() if f not in given.values()} | given
    fields = {column: fields[column] for column in header if column in fields}
    _refuse_twice(path, header, fields)
    if not fields:
        known = ", ".join(FIELDS[:6])
        raise Failed(f"{path}:1: no column is one of our fields ({known}, …); say which: --map COLUMN=FIELD")
    return Table(path, delimiter, header, fields, [column for column in header if column not in fields])


def _header(path: Path) -> tuple[list[str], str]:
    try:
        with _opened(path) as file:
            first = file.readline()
            delimiter = max(_DELIMITERS, key=first.count)
            file.seek(0)
            header = [name.strip() for name in next(csv.reader(file, delimiter=delimiter), [])]
    except OSError as wrong:
        raise Failed(f"{path}: {wrong.strerror}; name a CSV file") from wrong
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise Failed(f"{path}: not readable as CSV in UTF-8; save it so, and import it again") from wrong
    if not any(header):
        what = "its first line is blank" if first else "the file is empty"
        raise Failed(f"{path}:1: {what}; the first line must name the columns")
    return header, delimiter


def _opened(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _field_of(column: str) -> str | None:
    name = _NOT_A_WORD.sub("_", column.lower()).strip("_")
    name = OTHER_WORDS.get(name, name)
    return name if name in FIELDS else None


def _mapping(written: str, header: Sequence[str]) -> tuple[str, str]:
    column, equals, field = written.partition("=")
    if not equals or not column or not field:
        raise Failed(f"--map {written}: write it as COLUMN=FIELD, such as --map mql_id=own_id")
    if column not in header:
        raise Failed(f"--map {written}: expected a column of the file, {expected_one_of(header, column)}")
    if field not in FIELDS:
        raise Failed(f"--map {written}: expected one of our fields, {expected_one_of(FIELDS, field)}")
    return column, field


def _refuse_twice(path: Path, header: Sequence[str], fields: dict[str, str]) -> None:
    seen: dict[str, str] = {}
    for column in header:
        field = fields.get(column)
        if field is None:
            continue
        if field in seen:
            other = seen[field]
            raise Failed(
                f"{path}:1: {other!r} and {column!r} would both be {field}; rename the one you do not want"
            )
        seen[field] = column
