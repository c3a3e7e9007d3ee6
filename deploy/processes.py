"""What one runs when Baton has grown: a process for each service, and what each must be told."""

from typing import Final, Literal, get_args

ServiceName = Literal["ingest", "scoring", "routing", "recycle"]
SERVICES: Final[tuple[ServiceName, ...]] = get_args(ServiceName)


def database_variable(service: str) -> str:
    """The setting that says where a service keeps its tables."""
    return f"BATON_{service.upper()}_DATABASE_URL"
