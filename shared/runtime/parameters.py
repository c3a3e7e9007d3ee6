"""What no endpoint can make anything of: a query parameter that it does not have, and text with a NUL."""

import json
from contextlib import suppress
from typing import Any, Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.unknown import expected_one_of

_NUL: Final = "\x00"
_NAME_MAX: Final = 200
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
    """Each by the name of its parameter, or a body of JSON with one in it: PostgreSQL keeps no such text."""
    texts = [*request.path_params.items(), *request.query_params.multi_items()]
    names = [name for name, text in texts if _NUL in text]
    route: APIRoute = request.scope["route"]
    # The framework has read the body, so that it can be looked at again.
    if route.body_field is not None and _in_json(await request.body()):
        names.append("body")
    return [(name[:_NAME_MAX], _HAS_NUL) for name in names]


def _parameters(of: Dependant) -> set[str]:
    own = {one.alias for one in of.query_params}
    return own.union(*(_parameters(part) for part in of.dependencies))


def _in_json(body: bytes) -> bool:
    if b"\\u0000" not in body and b"\x00" not in body:  # The second is how UTF-16 looks.
        return False
    with suppress(ValueError, RecursionError):  # What is no JSON is refused as that.
        return _in_document(json.loads(body))
    return False


def _in_document(document: Any) -> bool:
    rest = [document]
    while rest:
        value = rest.pop()
        if isinstance(value, str) and _NUL in value:
            return True
        if isinstance(value, dict):
            rest += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            rest += value
    return False
