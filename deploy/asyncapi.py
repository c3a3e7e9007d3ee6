"""docs/asyncapi.json: what is said and heard on the bus, in AsyncAPI 3.0, for tools of other languages."""

import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from deploy.processes import SERVICES
from shared.contracts import ALL, TOPICS, topic_of
from shared.contracts.envelope import CONTENT_TYPE, Event
from shared.contracts.schema import PARTS, schema_of

HEADERS: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "content-type": {"const": CONTENT_TYPE},
        "ce_id": {"type": "string", "description": "The event's id, as in its envelope."},
        "ce_type": {
            "type": "string",
            "description": "The event's type, so that a reader skips it without parsing.",
        },
        "traceparent": {"type": "string", "description": "W3C trace context, from the webhook on."},
    },
    "required": ["content-type", "ce_id", "ce_type"],
}
"""The headers of every record, as the relay writes them."""


def document() -> dict[str, Any]:
    """The whole document, with every schema: whoever has it needs no other file."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Baton",
            "version": version("baton"),
            "description": "Services speak only through events: one topic for each service. The key is the "
            "lead's id, and what one service says about one lead stays in order.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic: _channel(topic) for topic in TOPICS},
        "operations": {name: operation for service in SERVICES for name, operation in _operations(service)},
        "components": {
            "messages": {contract.name(): _message(contract) for contract in ALL},
            "schemas": {"headers": HEADERS, **_schemas()},
        },
    }


def _channel(topic: str) -> dict[str, Any]:
    said = [contract for contract in ALL if topic in contract.TOPICS]
    return {
        "address": topic,
        "messages": {contract.name(): _to("components/messages", contract.name()) for contract in said},
    }


def _message(contract: type[Event]) -> dict[str, Any]:
    return {
        "name": contract.name(),
        "summary": " ".join((inspect.getdoc(contract) or "").split()),
        "headers": _to("components/schemas", "headers"),
        "payload": _to("components/schemas", contract.name()),
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "The subject of the envelope."},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _schemas() -> dict[str, Any]:
    """Every contract's schema as it is published, and once the parts that they share."""
    whole = {contract.name(): schema_of(contract) for contract in ALL}
    parts: dict[str, Any] = {}
    for schema in whole.values():
        del schema["$schema"]
        for name, part in schema.pop("$defs").items():
            assert parts.setdefault(name, part) == part, f"two parts have the name {name}"
    here = json.dumps(whole | parts).replace(f'"{PARTS}', '"#/components/schemas/')
    found: dict[str, Any] = json.loads(here)
    return found


def _operations(service: str) -> Iterable[tuple[str, dict[str, Any]]]:
    topic = topic_of(service)
    yield f"{service}.says", _operation("send", topic, [c for c in ALL if topic in c.TOPICS])
    hears, reads = heard(service)
    for other in hears:
        yield (
            f"{service}.hears.{other}",
            _operation("receive", other, [c for c in reads if other in c.TOPICS]),
        )


def heard(service: str) -> tuple[Sequence[str], Sequence[type[Event]]]:
    """The topics that a service hears, and the events that it reads there."""
    app = import_module(f"services.{service}.app")
    return app.HEARS, [contract for contract in ALL if contract in set(app.READS)]


def _operation(action: str, topic: str, contracts: Iterable[type[Event]]) -> dict[str, Any]:
    messages = [_to(f"channels/{topic}/messages", contract.name()) for contract in contracts]
    return {"action": action, "channel": _to("channels", topic), "messages": messages}


def _to(place: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/{place}/{name}"}
