"""`baton serve`: one service in this process, told by the environment alone; others run beside it."""

from typing import Annotated

import typer

from deploy.command.failing import can_not_start
from deploy.processes import ServiceName


def serve(service: Annotated[ServiceName, typer.Argument(help="Which of the services.")]) -> None:
    """Run one service in this process until SIGTERM, on PostgreSQL and a bus that processes share.

    Its settings come from the environment; .env.example names each. `baton migrate` comes first.
    """
    from deploy.grown import serve_service
    from deploy.problems import CannotStart

    try:
        serve_service(service)
    except CannotStart as wrong:
        raise can_not_start(wrong.problems) from wrong
