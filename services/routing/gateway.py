"""Tells reps: one signed webhook to the address that the roster has for them."""

import json
from dataclasses import dataclass

from shared.runtime.outgoing import Outgoing
from shared.runtime.service import Answer, DueErrand


@dataclass(frozen=True, slots=True)
class RepMessages:
    """Posts what a rep is to be told. `secret` signs it, so that the receiver knows that it comes from us."""

    outgoing: Outgoing
    secret: str | None = None

    async def run(self, errand: DueErrand) -> Answer:
        """One attempt; its key makes a repeat harmless."""
        message = {name: value for name, value in errand.body.items() if name != "notify"}
        return await self.outgoing.post(
            str(errand.body["notify"]),
            json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode(),
            key=errand.key,
            secret=self.secret,
            traceparent=errand.traceparent,
        )
