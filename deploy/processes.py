"""What one runs: the services, by their names."""

from typing import Final

SERVICES: Final = ("ingest", "scoring", "routing", "recycle")
