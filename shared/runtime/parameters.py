"""What no endpoint can make anything of: a query parameter that it does not have, and text with a NUL."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.unknown import expected_one_of

_NUL: Final = "\x00"
_HAS_NUL: Final = "has a NUL character (U+0000): leave it out"


def unknown_parameters(request: Request) -> list[tuple[str, str]]:
    """Each of them by name, and what may have been meant: left out, it would change what is answered."""
    if not request.query_params:
        return []
    route: APIRoute = request.scope["route"]
    known = _parameters(route.dependant)
    return [
        (name, f"is no parameter here: {expected_one_of(known, name)}")
        for name in request.query_params
        if name not in known
    ]


async def texts_with_nul(request: Request) -> list[tuple[str, str]]:
    """Each by the name of its parameter or its place in a JSON body: PostgreSQL keeps no such text."""
    texts = [*request.path_params.items(), *request.query_params.multi_items()]
    route: APIRoute = request.scope["route"]
    if route.body_field is not None:  # The framework has read it, so that it can be looked at again.
        texts += _of_json(await request.body())
    return [(name, _HAS_NUL) for name, text in texts if _NUL in text]


def _parameters(of: Dependant) -> set[str]:
    own = {one.alias for one in of.query_params}
    return own.union(*(_parameters(part) for part in of.dependencies))


def _of_json(body: bytes) -> Iterator[tuple[str, str]]:
    if b"\\u0000" not in body and b"\x00" not in body:  # The second is how UTF-16 looks.
        return
    with suppress(ValueError, RecursionError):  # What is no JSON is refused as that.
        rest: list[tuple[str, Any]] = [("", json.loads(body))]
        while rest:
            name, value = rest.pop()
            within = f"{name}." if name else ""
            if isinstance(value, str):
                yield name, value
            elif isinstance(value, list):
                rest += [(f"{within}{place}", one) for place, one in enumerate(value)]
            elif isinstance(value, dict):
                rest += [(f"{within}{key}", one) for key, one in value.items()]
                rest += [(f"{within}{key}", key) for key in value]
