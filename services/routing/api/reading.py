"""Reads the bytes of a roster: CSV with a header, or YAML or JSON with a list of people."""

import csv
import io
from collections.abc import Iterable, Mapping

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from services.routing.domain.people.roster import RosterInvalid, Row, unknown_fields


def rows_of(body: bytes, content_type: str) -> list[Row]:
    """The people in a document. Raises RosterInvalid if it is none of the three."""
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
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    rows, errors = [], []
    try:
        _refuse_unknown(reader.fieldnames or ())
        for fields in reader:
            place = f"line {reader.line_num}"
            if None in fields:
                errors.append(f"{place}: there are more cells than columns; quote cells that hold a comma")
            elif any(value and value.strip() for value in fields.values()):
                named = {str(name).strip().lower(): value for name, value in fields.items()}
                rows.append(Row(place, named))
    except csv.Error as wrong:
        errors.append(f"line {reader.line_num}: {wrong}")
    if errors:
        raise RosterInvalid(errors)
    return rows


def _refuse_unknown(columns: Iterable[str]) -> None:
    names = (column.strip().lower() for column in columns)
    if strange := unknown_fields(name for name in names if name):
        raise RosterInvalid(f"line 1: {mistake}" for mistake in strange)


def _yaml_rows(text: str) -> list[Row]:
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as wrong:
        raise RosterInvalid([f"this is neither YAML nor JSON: {_first_line(wrong)}"]) from None
    people = document.get("people") if isinstance(document, Mapping) else document
    if not isinstance(people, list):
        raise RosterInvalid(["expected a list of people, or a mapping with `people:`"])
    strange = [
        f"entry {n}: expected a mapping" for n, one in enumerate(people, 1) if not isinstance(one, Mapping)
    ]
    if strange:
        raise RosterInvalid(strange)
    return [
        Row(f"entry {n}", {str(name): value for name, value in one.items()})
        for n, one in enumerate(people, 1)
    ]


def _first_line(wrong: Exception) -> str:
    mark = getattr(wrong, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark is not None else ""
    return where + str(getattr(wrong, "problem", None) or wrong).splitlines()[0]
