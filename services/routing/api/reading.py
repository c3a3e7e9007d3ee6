"""Reads the bytes of a roster: CSV with a header, or YAML or JSON with a list of people."""

import csv
import io
from collections.abc import Mapping

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from services.routing.domain.people.roster import FIELDS, RosterInvalid, Row, column_mistakes, wrong_separator


def rows_of(body: bytes, content_type: str) -> list[Row]:
    """The people in a document, or why not. Raises RosterInvalid if it is none of the three."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise RosterInvalid([f"byte {wrong.start}: this is not UTF-8; save it as UTF-8"]) from None
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/csv":
        return _csv_rows(text)
    if kind == "application/json" or kind.endswith("yaml"):
        return _yaml_rows(text)
    raise RosterInvalid([f"'{kind}' can not be read; send text/csv, application/yaml or application/json"])


def _csv_rows(text: str) -> list[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    rows: list[Row] = []
    try:
        columns = [column.strip().lower() for column in reader.fieldnames or ()]
        if (parted := wrong_separator(columns)) is not None:
            return [Row("line 1", {}, (parted,))]
        strange = column_mistakes(columns)
        rows += [Row("line 1", {}, tuple(strange))] if strange else []
        for cells in reader:
            more = (
                ("there are more cells than columns; quote cells that hold a comma",) if None in cells else ()
            )
            named = {str(name).strip().lower(): value for name, value in cells.items() if name is not None}
            if more or any(value and value.strip() for value in named.values()):
                known = {name: value for name, value in named.items() if name in FIELDS}
                rows.append(Row(f"line {reader.line_num}", known, more))
    except csv.Error:
        wrong = f"a cell has more than {csv.field_size_limit()} characters; a quote may never be closed"
        rows.append(Row(f"line {reader.reader.line_num}", {}, (wrong,)))
    return rows


def _yaml_rows(text: str) -> list[Row]:
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as wrong:
        raise RosterInvalid([f"this is neither YAML nor JSON: {_first_line(wrong)}"]) from None
    people = document.get("people") if isinstance(document, Mapping) else document
    if not isinstance(people, list):
        raise RosterInvalid(["expected a list of people, or a mapping with `people:`"])
    return [_entry(f"entry {n}", one) for n, one in enumerate(people, 1)]


def _entry(place: str, written: object) -> Row:
    if not isinstance(written, Mapping):
        return Row(place, {}, ("expected a mapping of fields, such as person and teams",))
    return Row(place, {str(name): value for name, value in written.items()})


def _first_line(wrong: Exception) -> str:
    mark = getattr(wrong, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark is not None else ""
    return where + str(getattr(wrong, "problem", None) or wrong).splitlines()[0]
