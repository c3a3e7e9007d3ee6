"""What scoring answers over HTTP: scores with their receipts in words, contests, and are scores right."""

from fastapi import APIRouter

from services.scoring.api.accounts import add_accounts
from services.scoring.api.calibration import add_calibration
from services.scoring.api.contests import add_contests
from services.scoring.api.coverage import add_coverage
from services.scoring.api.scores import add_scores
from shared.runtime.http import Gate
from shared.runtime.problems import problems
from shared.runtime.service import Service


def create_router(service: Service, gate: Gate) -> APIRouter:
    """Scoring's endpoints."""
    router = APIRouter(
        tags=["scoring"], responses=problems(s404="Nobody knows it", s410="The lead is over or gone")
    )
    # What has a name of its own comes before what a receipt's name would match too.
    add_contests(router, service, gate)
    add_calibration(router, service, gate)
    add_scores(router, service, gate)
    add_accounts(router, service, gate)
    add_coverage(router, service, gate)
    return router
