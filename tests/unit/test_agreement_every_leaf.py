"""Nothing in an agreement is silent: each leaf of the large example shows in prose and in a comparison."""

from collections.abc import Callable, Iterator, Mapping

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from shared.agreement import Agreement
from shared.agreement.changes import changes
from shared.agreement.prose import explain
from shared.agreement.reading.source import LocatedMapping
from shared.agreement.reading.source import Path as Place
from shared.agreement.schema import schema
from shared.agreement.written import AgreementFile
from tests.unit.agreement_leaves import agreement_of, changed_at, leaves, tree

pytestmark = pytest.mark.slow

ONE_VALUE = {
    ("routing", "hand_off", "at"): "an SQL is handed on, nothing else",
    ("routing", "hand_off", "refused"): "it goes back to the SDR, nowhere else",
    ("duties", "missed", "do"): "a dispute is opened, nothing else",
    ("recycle", "reasons", "not-a-lead", "ends"): "what ends is closed, nothing else",
}
"""Fields that can have one value only, so that leaving them out means the same."""

Changed = Mapping[Place, tuple[Agreement, LocatedMapping]]


@pytest.fixture(scope="module")
def large() -> Agreement:
    return agreement_of(tree())


@pytest.fixture(scope="module")
def changed() -> Changed:
    """The large example with each leaf changed, by the leaf."""
    whole = tree()
    places = [place for place in leaves(whole) if place not in ONE_VALUE]
    found = {place: changed_at(whole, place) for place in places}
    assert [place for place, one in found.items() if one is None] == [], "no change of these is valid"
    assert len(found) > 500
    return {place: one for place, one in found.items() if one is not None}


def test_every_leaf_shows_in_the_prose(large: Agreement, changed: Changed) -> None:
    prose = agreed(large)
    assert [place for place, (other, _) in changed.items() if agreed(other) == prose] == []


def agreed(agreement: Agreement) -> str:
    """What is agreed. What follows repeats names: the words, and what is not enforced yet."""
    return explain(agreement).partition("## The words")[0]


def test_every_changed_leaf_is_reported(large: Agreement, changed: Changed) -> None:
    assert changes(large, large) == []
    assert [place for place, (other, _) in changed.items() if not changes(large, other)] == []


def test_what_is_valid_fits_the_schema(changed: Changed) -> None:
    whole = Draft202012Validator(schema())
    assert whole.is_valid(tree())
    parts = {name: whole.evolve(schema=part).is_valid for name, part in whole.schema["properties"].items()}
    assert [place for place, (_, file) in changed.items() if not _fits(parts, place[0], file)] == []


def _fits(parts: Mapping[str, Callable[[object], bool]], part: object, file: LocatedMapping) -> bool:
    """Only this part of the file is another than in the large example, which fits as a whole."""
    return part not in file or parts[str(part)](file[part])


def test_the_large_example_has_every_field_of_the_model() -> None:
    missing = set(_fields(AgreementFile)) - set(_set_in(agreement_of(tree()).written))
    assert missing == set()


def _fields(model: type[BaseModel], above: tuple[type[BaseModel], ...] = ()) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        yield model.__name__, name
        for inner in _models_in(field.annotation):
            if inner not in above:
                yield from _fields(inner, (*above, model))


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)


def _set_in(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, BaseModel):
        for name in value.model_fields_set:
            yield type(value).__name__, name
            yield from _set_in(getattr(value, name))
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _set_in(inner)
