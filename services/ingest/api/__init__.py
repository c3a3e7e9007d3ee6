"""What ingest takes in and answers over HTTP."""

from services.ingest.api.hooks import create_hooks
from services.ingest.api.leads import create_router
from services.ingest.api.reception import Reception

__all__ = ["Reception", "create_hooks", "create_router"]
