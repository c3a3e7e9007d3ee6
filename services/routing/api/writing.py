"""Writes the roster as it is read: what is exported and imported again changes nothing."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any, Final

from ruamel.yaml import YAML

from services.routing.domain.people.details import in_words
from services.routing.domain.people.person import Absence
from services.routing.domain.people.roster import FIELDS, Entry
from shared.agreement.reading.hours import written_week

FORMATS: Final = {"csv": "text/csv", "yaml": "application/yaml", "json": "application/json"}


def written(entries: Iterable[Entry], format_: str) -> str:
    """These people as a document of one of FORMATS."""
    people = [fields_of(entry) for entry in entries]
    if format_ == "csv":
        return _csv(people)
    if format_ == "json":
        return json.dumps(people, ensure_ascii=False, indent=2) + "\n"
    out = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump({"people": people}, out)
    return out.getvalue()


def fields_of(entry: Entry) -> dict[str, Any]:
    """One person in the fields of the roster; what is not said of them is left out."""
    details = entry.details
    fields: dict[str, Any] = {
        "person": entry.person,
        "name": entry.name,
        "teams": dict(entry.teams),
        "languages": list(entry.languages),
        "notify": entry.notify,
        "skills": list(details.skills),
        "calendar": details.calendar,
        "zone": details.zone,
        "holidays": details.holidays,
        "shifts": written_week(details.shifts),
        "absences": [absence_fields(absence) for absence in details.absences],
        "cover": details.cover,
        "cover_takes_over": details.cover_takes_over,
    }
    return {name: value for name, value in fields.items() if value}


def absence_fields(absence: Absence) -> dict[str, Any]:
    """One absence in its fields."""
    fields = {name: getattr(absence, name) for name in absence.__struct_fields__}
    return {name: value for name, value in fields.items() if value}


def _csv(people: Iterable[dict[str, Any]]) -> str:
    out = io.StringIO()
    # A weight stands beside its team.
    writer = csv.DictWriter(out, [name for name in FIELDS if name != "weight"], lineterminator="\n")
    writer.writeheader()
    for fields in people:
        writer.writerow({name: _cell(name, value) for name, value in fields.items()})
    return out.getvalue()


def _cell(name: str, value: Any) -> str:
    if name == "teams":
        return "; ".join(f"{team}={weight}" for team, weight in value.items())
    if name == "shifts":
        return "; ".join(f"{days} {' '.join(times)}" for days, times in value.items())
    if name == "absences":
        return "; ".join(in_words(Absence(**absence)) for absence in value)
    if isinstance(value, list):
        return "; ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
