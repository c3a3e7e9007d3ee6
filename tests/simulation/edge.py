"""Where webhooks arrive in simulation; inward of the verified bytes all is ingest's own code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from deploy.virtual.drive import drive
from services.ingest import handlers
from services.ingest.domain.sources import Source, sources_from
from services.ingest.handlers import Arrival, Receipt
from shared.db.database import DatabaseUnavailable
from shared.runtime.group import commit_group
from shared.terms import LeadId
from tests.simulation.senders import SOURCE, Webhook
from tests.simulation.world import World

SOURCES = sources_from(
    {
        "sources": {
            SOURCE: {
                "kind": "standard",
                "secrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
                "fields": {
                    "email": "data.email",
                    "phone": "data.phone",
                    "title": "data.title",
                    "company.employees": "data.employees",
                    "consent": "data.consent",
                    "language": "data.language",
                    "activity.product": "data.product",
                    "activity.type": "type",
                    "activity.at": "timestamp",
                },
            }
        }
    }
)


@dataclass(slots=True)
class Edge:
    """The senders' side: posts in groups, sends again what was not acknowledged, remembers what was."""

    world: World
    acknowledged: dict[str, LeadId | None] = field(default_factory=dict)

    def post(self, webhooks: Sequence[Webhook], source: Source = SOURCES[SOURCE]) -> None:
        """A group that shares a commit. Without an answer it comes again; with one it sometimes does too."""
        luck = self.world.luck
        self.world.attempt(
            lambda: self._group(webhooks, source), again_after=timedelta(seconds=luck.dice.uniform(5, 900))
        )
        if luck.chance(0.15):
            luck.marks["a delivery is repeated"] += 1
            self.world.after(
                timedelta(minutes=luck.dice.expovariate(1 / 60)), lambda: self.post(webhooks, source)
            )

    def _group(self, webhooks: Sequence[Webhook], source: Source) -> None:
        now = self.world.clock.now()
        arrivals = [handlers.arrival_of(source, w.body, w.id, now, None) for w in webhooks]
        results = drive(commit_group(self._write, arrivals))
        for webhook, result in zip(webhooks, results, strict=True):
            if isinstance(result, DatabaseUnavailable):
                raise result
            assert isinstance(result, Receipt), f"a genuine webhook was refused: {result!r}"
            self._note(webhook, result)

    async def _write(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        service = self.world.nodes["ingest"].service
        return await service.tx(lambda tx: handlers.take_in(tx, arrivals))

    def _note(self, webhook: Webhook, receipt: Receipt) -> None:
        self.world.luck.note("ack", webhook.id, receipt.lead)
        first = self.acknowledged.setdefault(webhook.id, receipt.lead)
        assert first == receipt.lead, f"{webhook.id} was answered {first}, and then {receipt.lead}"
