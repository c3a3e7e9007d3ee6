"""What routing answers over HTTP: reps' actions, disputes, the roster, and why a lead went where it went."""

from fastapi import APIRouter

from services.routing.api import disputes, leads, reads, roster
from shared.runtime.http import Gate
from shared.runtime.service import Service

__all__ = ["create_router"]


def create_router(service: Service, gate: Gate) -> APIRouter:
    """All of routing's endpoints."""
    router = APIRouter()
    for part in (leads, disputes, reads, roster):
        router.include_router(part.create_router(service, gate))
    return router
