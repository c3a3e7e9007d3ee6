"""The auditor: looks for leads without an owner, and asks their custodian. It never repairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.recycle.domain.model import Journey
from services.recycle.handlers.bookkeeping import revise
from services.recycle.store import leads as found
from services.recycle.store import ledger as books
from services.recycle.store import story as marks
from services.recycle.store.leads import lead_states
from services.recycle.store.ledger import Noted
from shared.baton import CUSTODIAN_OF, Holder, HolderKind
from shared.contracts import TOPICS
from shared.contracts.recycle import OwnerMissing
from shared.effects import Say
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

ROUND_MAX: Final = 500
"""Leads that one round looks at."""


@dataclass(frozen=True, slots=True)
class Auditor:
    """One process's auditor.

    `grace`: how far behind the ledger may be. A topic that brought nothing for so long counts as read, and
    nothing newer than that counts as missing. `again_after`: when to ask again. `started_at`: this process.
    """

    grace: timedelta
    again_after: timedelta
    started_at: datetime

    def audit(self, tx: Tx) -> None:
        """One round, in one transaction."""
        as_of = self._advance(tx)
        if as_of is None:
            return
        suspects = set(self._suspects(tx))
        suspects |= {one.lead for one in self._unsaid(tx, as_of)}
        before = lead_states.lock(tx.conn, suspects)
        after = dict(before)
        revise(tx, after)
        lead_states.save(tx.conn, {lead: one for lead, one in after.items() if one != before[lead]})
        # Under the leads' locks: nobody else says the same now, and what was healed meanwhile is not said.
        unsaid = [one for one in self._unsaid(tx, as_of) if one.lead in after]
        for one in unsaid:
            self._say(tx, one, after[one.lead].journey)
        books.confirm_said(tx, unsaid)
        marks.add_up_counts(tx)

    def _advance(self, tx: Tx) -> datetime | None:
        """Up to when every topic has been read; it never goes back."""
        read = marks.marks(tx)
        reached = []
        for topic in TOPICS:
            mark = read.get(topic)
            last_read = max(mark.read_at, self.started_at) if mark is not None else self.started_at
            if tx.now - last_read >= self.grace:
                reached.append(tx.now)
            elif mark is not None:
                reached.append(mark.at)
            else:
                return None
        as_of = min(reached) - self.grace
        marks.save_as_of(tx, as_of)
        return max(as_of, read[marks.AS_OF].at) if marks.AS_OF in read else as_of

    def _suspects(self, tx: Tx) -> list[LeadId]:
        named = tx.agreement.named
        absent = {person: d for person, d in books.absent_people(tx).items() if person not in named}
        without_deputy = [person for person, deputy in absent.items() if deputy is None]
        away = found.leads_of_absent(tx, absent, without_deputy, ROUND_MAX)
        return away + found.leads_of_returned(tx, absent, ROUND_MAX)

    def _unsaid(self, tx: Tx, as_of: datetime) -> Sequence[Noted]:
        return books.open_gaps(tx, as_of, said_before=tx.now - self.again_after, limit=ROUND_MAX)

    def _say(self, tx: Tx, one: Noted, journey: Journey) -> None:
        gap = one.gap
        event = OwnerMissing(
            custodian=custodian_of(journey),
            problem=f"{gap.cause}: {gap.about}" if gap.about else gap.cause,
            since=gap.since,
            number=journey.number or None,
            holder=holder_of(journey),
        )
        cause = f"audit/{one.lead}/{gap.cause}/{gap.number}/{gap.since.isoformat()}/{one.said_times}"
        tx.carry_out(one.lead, (Say(event),), Cause(cause))


def holder_of(journey: Journey) -> Holder | None:
    """Who holds the lead, as the ledger last heard."""
    kind: HolderKind | None = journey.holder_kind
    return None if kind is None else Holder(kind, journey.holder_name or "", journey.answers or "")


def custodian_of(journey: Journey) -> str:
    """The service that must answer for it. Before anybody is known, that is the intake desk's: scoring."""
    kind: HolderKind = journey.holder_kind or "intake"
    return CUSTODIAN_OF[kind]
