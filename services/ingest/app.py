"""Where ingest is put together."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from services.ingest import handlers
from services.ingest.domain.sources import Source, SourcesInvalid, sources_from
from services.ingest.settings import Settings
from services.ingest.tables import messaging
from shared.bus.port import Bus
from shared.contracts import recycle, routing
from shared.contracts.routing import LeadClosed, LeadWon
from shared.db.database import Database
from shared.mailboxes import suffixes
from shared.runtime.clock import Clock
from shared.runtime.service import Agreements, Service

READS: Final = (LeadWon, LeadClosed)
PACES_S: Final = 0.1
"""Under load, everything behind ingest takes in one transaction what came in within so long."""
HEARS: Final = (routing.TOPIC, recycle.TOPIC)


def create_service(
    settings: Settings,
    *,
    bus: Bus,
    clock: Clock,
    agreements: Agreements,
    database: Database,
    sources: Mapping[str, Source],
) -> Service:
    """Ingest: hears only which journeys are over."""
    suffixes()  # Now, so that the first lead need not wait for them.
    return Service(
        name="ingest",
        database=database,
        messaging=messaging,
        bus=bus,
        clock=clock,
        agreements=agreements,
        hears=HEARS,
        paces_s=PACES_S,
        reads={contract.name(): contract for contract in READS},
        on_events=handlers.on_events,
        on_idle=partial(
            handlers.forget_contents,
            timedelta(days=settings.bodies_kept_days),
            timedelta(days=settings.history_days),
        ),
        on_replay=partial(handlers.replayed, sources),
    )


def load_sources(path: Path) -> dict[str, Source]:
    """The sources in a YAML file. Raises SourcesInvalid, naming the file, with every problem in it."""
    try:
        return sources_from(YAML(typ="safe").load(path.read_text(encoding="utf-8-sig")))
    except OSError as wrong:
        raise SourcesInvalid((f"{path}: {wrong.strerror}; name the file of sources",)) from wrong
    except UnicodeDecodeError as wrong:
        raise SourcesInvalid((f"{path}: it is not UTF-8 text; save it as YAML in UTF-8",)) from wrong
    except MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise SourcesInvalid((f"{path}:{line}: not YAML: {wrong.problem}",)) from wrong
    except YAMLError as wrong:
        raise SourcesInvalid((f"{path}: not YAML: {wrong}",)) from wrong
    except SourcesInvalid as wrong:
        raise SourcesInvalid(tuple(f"{path}: {problem}" for problem in wrong.problems)) from wrong
