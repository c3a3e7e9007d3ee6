"""What is published can be relied on: schemas are current, every example can still be read."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from shared.contracts import ALL, BY_NAME, TOPICS
from shared.contracts.envelope import Event, Unreadable, decode, decode_envelope, event_id
from shared.contracts.schema import PUBLISHED, folder_of, schema_of
from tests.contract.any_event import EVERY_CONTRACT, EVERY_EXAMPLE, document, examples_of, validator

pytestmark = pytest.mark.slow

EXAMPLES_MIN = 2
ORDINALS_TRIED = 4


@EVERY_CONTRACT
def test_the_schema_is_the_published_one(contract: type[Event]) -> None:
    published = json.loads((folder_of(contract) / "schema.json").read_text(encoding="utf-8"))
    assert published == schema_of(contract), "run make contracts"


@EVERY_CONTRACT
def test_the_schema_is_a_schema(contract: type[Event]) -> None:
    validator(contract).check_schema(schema_of(contract))


@EVERY_CONTRACT
def test_every_contract_has_examples(contract: type[Event]) -> None:
    assert len(examples_of(contract)) >= EXAMPLES_MIN, f"tell what {contract.name()} looks like"


def test_nothing_is_published_that_nobody_can_read() -> None:
    assert {folder.name for folder in PUBLISHED.iterdir()} == BY_NAME.keys()


def test_every_contract_has_a_name_and_a_topic_of_its_own() -> None:
    assert len(BY_NAME) == len(ALL)
    assert {topic for contract in ALL for topic in contract.TOPICS} == set(TOPICS)


@EVERY_EXAMPLE
def test_an_example_is_what_its_schema_says(contract: type[Event], path: Path) -> None:
    wrong = [
        f"{error.json_path}: {error.message}" for error in validator(contract).iter_errors(document(path))
    ]
    assert wrong == []


@EVERY_EXAMPLE
def test_an_example_is_read_completely(contract: type[Event], path: Path) -> None:
    heard = decode(decode_envelope(path.read_bytes()), contract)
    # Written again it is the same, so nothing in it was ignored for a slip of the pen.
    assert msgspec.json.decode(msgspec.json.encode(heard.event)) == document(path)["data"]


@EVERY_EXAMPLE
def test_a_reader_ignores_what_it_does_not_know(contract: type[Event], path: Path) -> None:
    known = decode(decode_envelope(path.read_bytes()), contract)
    later = document(path)
    places = [later, later["data"], later["data"].get("handover"), later["data"].get("snapshot")]
    for place in [*places, later["data"].get("receipt"), later["data"].get("activity")]:
        if place is not None:
            place["added_next_year"] = {"by": ["somebody", 1, None]}
    text = json.dumps(later).encode()
    assert decode(decode_envelope(text), contract) == known
    assert validator(contract).is_valid(later)


@EVERY_EXAMPLE
def test_an_example_is_from_nowhere_real(contract: type[Event], path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    hosts = re.findall(r"(?:@|https?://)([\w.-]+\.\w+)", text)
    assert [host for host in hosts if not host.endswith(".example")] == []


@EVERY_EXAMPLE
def test_the_id_of_an_example_comes_from_its_cause(contract: type[Event], path: Path) -> None:
    said = document(path)
    ids = {
        event_id(
            source=said["source"],
            cause=said["causeid"],
            subject=said["subject"],
            event_type=contract.TYPE,
            ordinal=ordinal,
        )
        for ordinal in range(ORDINALS_TRIED)
    }
    assert said["id"] in ids


@EVERY_CONTRACT
def test_schema_and_reader_miss_the_same_fields(contract: type[Event]) -> None:
    path = examples_of(contract)[0]
    for name in schema_of(contract)["$defs"][contract.__name__]["required"]:
        lacking = document(path)
        del lacking["data"][name]
        assert not validator(contract).is_valid(lacking)
        with pytest.raises(Unreadable, match=f"missing required field `{name}`"):
            decode(decode_envelope(json.dumps(lacking).encode()), contract)


@EVERY_CONTRACT
def test_the_schema_knows_whose_event_it_is(contract: type[Event]) -> None:
    said = document(examples_of(contract)[0])
    assert not validator(contract).is_valid({**said, "type": "lead.invented.v1"})
    assert not validator(contract).is_valid({**said, "source": "nobody"})
