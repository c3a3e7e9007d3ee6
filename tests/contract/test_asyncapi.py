"""The AsyncAPI document says what is on the bus: every topic, event and header, and who reads what."""

import json
import re
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator, ValidationError

from deploy.asyncapi import HEADERS
from deploy.processes import SERVICES
from shared.contracts import ALL, TOPICS
from shared.contracts.envelope import Event
from shared.runtime.relay import record_of
from tests.contract.any_event import examples_of
from tests.contract.test_readers import BUILT
from tests.tidy import tree

PAGE: Final = tree.ROOT / "docs" / "asyncapi.json"
DOCUMENT: Final[dict[str, Any]] = json.loads(PAGE.read_text(encoding="utf-8"))
PARTS: Final = {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for value in part.values() for found in references(value)]
    return [found for value in part for found in references(value)] if isinstance(part, list) else []


def resolved(reference: str) -> Any:
    """What a reference leads to, in this document; KeyError if it leads nowhere."""
    here, _, pointer = reference.partition("#/")
    assert not here, f"{reference} leads out of the document"
    found = DOCUMENT
    for step in pointer.split("/"):
        found = found[step]
    return found


def test_it_has_the_parts_of_asyncapi_3_and_no_other() -> None:
    assert re.fullmatch(r"3\.0\.\d+", DOCUMENT["asyncapi"])
    assert set(DOCUMENT) == PARTS
    assert {"title", "version"} <= set(DOCUMENT["info"])
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in ("send", "receive")
        channel = resolved(operation["channel"]["$ref"])
        for message in operation["messages"]:
            assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")
            assert message["$ref"].rpartition("/")[2] in channel["messages"]


def test_every_reference_leads_somewhere() -> None:
    found = references(DOCUMENT)
    assert len(found) > 100
    for reference in found:
        assert resolved(reference), reference


def test_every_topic_and_event_is_there() -> None:
    assert [channel["address"] for channel in DOCUMENT["channels"].values()] == list(TOPICS)
    for topic in TOPICS:
        wanted = {contract.name() for contract in ALL if topic in contract.TOPICS}
        assert set(DOCUMENT["channels"][topic]["messages"]) == wanted
    for contract in ALL:
        message = DOCUMENT["components"]["messages"][contract.name()]
        assert resolved(message["payload"]["$ref"])["title"] == contract.name()


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.name())
def test_every_example_fits_the_schema_that_the_document_has_for_it(contract: type[Event]) -> None:
    of_payload = {**DOCUMENT, **DOCUMENT["components"]["messages"][contract.name()]["payload"]}
    fits = Draft202012Validator(of_payload)
    for example in examples_of(contract):
        fits.validate(json.loads(example.read_text(encoding="utf-8")))
    with pytest.raises(ValidationError):
        fits.validate({})


def test_every_service_says_on_its_topic_and_hears_what_it_reads() -> None:
    said = {name: one for name, one in DOCUMENT["operations"].items() if one["action"] == "send"}
    assert set(said) == {f"{service}.says" for service in SERVICES}
    for service in SERVICES:
        mine = {
            name: one for name, one in DOCUMENT["operations"].items() if name.startswith(f"{service}.hears.")
        }
        assert set(mine) == {f"{service}.hears.{topic}" for topic in BUILT[service].hears}
        read = {message["$ref"].rpartition("/")[2] for one in mine.values() for message in one["messages"]}
        assert read == set(BUILT[service].reads), service


@pytest.mark.parametrize("traceparent", [None, "00-" + "1" * 32 + "-" + "2" * 16 + "-01"])
def test_the_headers_are_those_that_are_written(traceparent: str | None) -> None:
    row = {"event_id": "e", "type": "t", "traceparent": traceparent, "topic": "x", "key": "k", "value": b"v"}
    written = {name: value.decode() for name, value in record_of(row).headers}
    Draft202012Validator({**HEADERS, "additionalProperties": False}).validate(written)
    assert DOCUMENT["components"]["schemas"]["headers"] == HEADERS
