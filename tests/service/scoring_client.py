"""Calls scoring over HTTP, in whatever role."""

from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

from services.scoring.api import create_router
from tests.service.calling import Client, calling
from tests.service.scoring_place import Place
from tests.unit.scoring_lead import RITA


def calling_scoring(place: Place, folder: Path) -> AbstractAsyncContextManager[Client]:
    """Calls it as Rita, a rep, or in another role."""
    routes = partial(create_router, place.service)
    return calling(routes, folder, reads="rita", writes="rita", rita=RITA.answers)
