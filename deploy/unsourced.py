"""Conditions that ask for what no source delivers: a free-mail rule where no form asks for an address."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from services.ingest.domain.sources import FIELDS, Source, SourcesInvalid, sources_from
from shared.agreement import Agreement, Problem
from shared.agreement.reading.source import Path as Place
from shared.agreement.reading.source import place_of, read_yaml

_MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "email.domain": ("email",),
    "email.is_free": ("email",),
    "email.is_disposable": ("email",),
    "company.domain": ("company.domain", "email"),
    "name": ("name", "first_name", "last_name"),
}
_ALWAYS: Final = frozenset({"source", "consent", "campaign", "activity.type", "activity.at"})
"""A source delivers these by its settings, or Baton knows them without it."""


def unsourced(agreement: Agreement, file: Path, sources: Path | None) -> Iterator[Problem]:
    """One doubt for each word that conditions ask for and no source delivers, at the first rule that asks.

    `sources`: their settings; None for sources.yaml beside the agreement, without which nothing is doubted.
    """
    place = sources or file.parent / "sources.yaml"
    if sources is None and not place.exists():
        return
    try:
        delivered = _delivered(sources_from(_read(place)))
    except (OSError, SourcesInvalid, ValueError) as wrong:
        yield Problem(str(place), 0, 0, f"what the sources deliver is not known: {wrong}")
        return
    tree = _read(file)
    for name, rules in _asked(agreement).items():
        needed = _MADE_OF.get(name, (name,))
        if name not in _ALWAYS and set(needed) <= set(FIELDS) and delivered.isdisjoint(needed):
            message = f"no source of {place} delivers {name}: map it there, or send it over the API"
            yield Problem(str(file), *place_of(tree, rules[0]), message)


def _read(place: Path) -> object:
    tree, problems = read_yaml(place.read_text(encoding="utf-8-sig"), str(place))
    if problems:
        raise ValueError(problems[0])
    return tree


def _delivered(sources: Mapping[str, Source]) -> set[str]:
    return {field for source in sources.values() for field in source.fields}


def _asked(agreement: Agreement) -> Mapping[str, list[Place]]:
    asked: dict[str, list[Place]] = {}
    for path, condition in agreement.conditions.items():
        for name in sorted(condition.names):
            asked.setdefault(name, []).append(path)
    return asked
