"""What routing answers over HTTP: reps' actions, disputes, the roster, and why a lead went where it went."""

from fastapi import APIRouter

from services.routing.api import absences, disputes, fairness, leads, reads, roster
from shared.runtime.http import Gate
from shared.runtime.outgoing import Outgoing
from shared.runtime.service import Service

__all__ = ["create_router"]


def create_router(service: Service, gate: Gate, outgoing: Outgoing) -> APIRouter:
    """All of routing's endpoints. `outgoing` fetches the calendars of absences."""
    router = APIRouter()
    for part in (leads, disputes, reads, fairness, roster):
        router.include_router(part.create_router(service, gate))
    router.include_router(absences.create_router(service, gate, outgoing))
    return router
