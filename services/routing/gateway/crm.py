"""Hands events over to the CRM, those of one lead in order."""

from dataclasses import dataclass
from typing import Final

from services.routing.domain import crm
from services.routing.domain.model import RoutedLead
from services.routing.gateway.post import post_json
from services.routing.store.leads import lead_states
from services.routing.store.waiting import wait_behind
from shared.runtime.outgoing import Post
from shared.runtime.service import Answer, DueErrand, Service

WAITS: Final = "an earlier event of this lead waits"
NOT_SET: Final = (
    "the settings name no CRM: set BATON_ROUTING_CRM_URL, or drop what it is to hear (baton errands)"
)


@dataclass(frozen=True, slots=True)
class Crm:
    """One CRM, or whatever follows along. `secret` signs what it is told, as a Standard Webhook."""

    service: Service
    outgoing: Post
    url: str
    secret: str | None = None

    async def run(self, errand: DueErrand) -> Answer:
        """One attempt, unless an earlier event of this lead still waits: then this one waits behind it."""
        if not self.url:
            return Answer(False, NOT_SET)
        wait, state = await self.service.read(
            lambda tx: (
                wait_behind(tx, errand),
                lead_states.read(tx.conn, [errand.lead]).get(errand.lead, RoutedLead()),
            )
        )
        if wait is not None:
            return Answer(False, WAITS, retry_after_s=wait.total_seconds(), tried=False)
        document = crm.message(errand.body, errand.lead, state)
        return await post_json(self.outgoing, self.url, document, errand, secret=self.secret)
