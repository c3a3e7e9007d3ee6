"""Query parameters that an endpoint does not have: left out, a misspelt one would change what is answered."""

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.unknown import expected_one_of


def unknown_parameters(request: Request) -> list[tuple[str, str]]:
    """Each of them by name, and what may have been meant."""
    if not request.query_params:
        return []
    route: APIRoute = request.scope["route"]
    known = _parameters(route.dependant)
    return [
        (name, f"is no parameter here: {expected_one_of(known, name)}")
        for name in request.query_params
        if name not in known
    ]


def _parameters(of: Dependant) -> set[str]:
    own = {one.alias for one in of.query_params}
    return own.union(*(_parameters(part) for part in of.dependencies))
