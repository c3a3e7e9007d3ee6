"""What no endpoint can make anything of: a query parameter that it does not have, and text with a NUL."""

import json
from contextlib import suppress
from typing import Any, Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.unknown import expected_one_of

_Way = tuple["_Way | None", str]
"""A place in a document: that of what it stands in, and the step from there."""

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
    """Each by the name of its parameter or its place in a JSON body: PostgreSQL keeps no such text."""
    texts = [*request.path_params.items(), *request.query_params.multi_items()]
    names = [name for name, text in texts if _NUL in text]
    route: APIRoute = request.scope["route"]
    if route.body_field is not None:  # The framework has read it, so that it can be looked at again.
        names += _in_json(await request.body())
    return [(name[:_NAME_MAX], _HAS_NUL) for name in names]


def _parameters(of: Dependant) -> set[str]:
    own = {one.alias for one in of.query_params}
    return own.union(*(_parameters(part) for part in of.dependencies))


def _in_json(body: bytes) -> list[str]:
    """Where the first one is, if any."""
    if b"\\u0000" not in body and b"\x00" not in body:  # The second is how UTF-16 looks.
        return []
    with suppress(ValueError, RecursionError):  # What is no JSON is refused as that.
        return _way_to_nul(json.loads(body))
    return []


def _way_to_nul(document: Any) -> list[str]:
    # A place is named only once it is found: a name for each of very many would not fit into memory.
    rest: list[tuple[_Way, Any]] = [((None, ""), document)]
    while rest:
        way, value = rest.pop()
        if isinstance(value, str) and _NUL in value:
            return [".".join(_steps(way))]
        if isinstance(value, list):
            rest += [((way, str(place)), one) for place, one in enumerate(value)]
        elif isinstance(value, dict):
            rest += [((way, key), one) for key, one in value.items()]
            rest += [((way, key), key) for key in value if _NUL in key]
    return []


def _steps(way: "_Way | None") -> list[str]:
    steps: list[str] = []
    while way is not None:
        way, step = way
        steps.append(step[:_NAME_MAX])
    return [step for step in reversed(steps) if step]
