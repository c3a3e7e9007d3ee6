"""What routing answers over HTTP: reps' actions, disputes, the roster, and why a lead went where it went."""

from fastapi import APIRouter

from services.routing.api import (
    absences,
    decisions,
    disputes,
    fairness,
    leads,
    links,
    pauses,
    preview,
    reads,
    rerouting,
    roster,
)
from shared.runtime.http import Gate, join
from shared.runtime.outgoing import Outgoing
from shared.runtime.service import Service

__all__ = ["create_router"]


def create_router(
    service: Service, gate: Gate, outgoing: Outgoing, link_secrets: tuple[str, ...] = ()
) -> APIRouter:
    """All of routing's endpoints. `outgoing` fetches the calendars of absences; `link_secrets` open links."""
    router = APIRouter()
    for part in (leads, disputes, reads, decisions, preview, fairness, roster, pauses, rerouting):
        join(router, part.create_router(service, gate))
    join(router, absences.create_router(service, gate, outgoing), links.create_router(service, link_secrets))
    return router
