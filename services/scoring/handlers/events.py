"""What scoring does when it hears of leads and accounts, and when timers are due."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.scoring import metrics
from services.scoring.domain import policy
from services.scoring.domain.calibration import Key, keys_of
from services.scoring.domain.cooling import RECOOL, recooled
from services.scoring.domain.drift import Share, shares_of
from services.scoring.domain.judging import Outcome, Scored, United
from services.scoring.domain.model import ScoredLead, matched
from services.scoring.store.leads import (
    accounts_stay,
    lead_states,
    leads_after,
    leads_at,
    read_accounts,
    save_accounts,
)
from services.scoring.store.mix import add_mix
from services.scoring.store.outcomes import add_outcomes
from services.scoring.store.receipts import add_receipts, forget_receipts, read_receipts, receipt_row
from shared.agreement.facts import account_domain
from shared.contracts.envelope import Heard
from shared.contracts.ingest import AccountUpdated, LeadCaptured, LeadErased, LeadMerged, LeadUpdated
from shared.contracts.values import Account
from shared.effects import FiredTimer, SetTimer
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

EVERYONE: Final = LeadId("every lead")
"""Whose timer it is that goes through all leads: it is no lead."""
LINE_MAX: Final = 500
"""How many leads are gone through in one transaction."""


def on_events(tx: Tx, events: Sequence[Heard[Any]]) -> None:
    """Fold a batch of events, those of one lead in order, and say what changed."""
    _note_accounts(tx, [event for event in events if isinstance(event.event, AccountUpdated)])
    of_leads = [event for event in events if not isinstance(event.event, AccountUpdated)]
    domains = [_domain(event.event) for event in of_leads]
    accounts = _accounts_at(tx, domains)
    survivors = [event.event.survivor for event in of_leads if isinstance(event.event, LeadMerged)]
    folded = _Folded(lead_states.lock(tx.conn, [*(event.lead for event in of_leads), *survivors]))
    for event, domain in zip(of_leads, domains, strict=True):
        account = matched(accounts.get(domain), event.event.email) if domain is not None else None
        lead = folded.after[event.lead]
        decision = policy.react(lead, event, tx.agreement, tx.now, account)
        folded.note(tx, event.lead, decision, Cause.of(event))
        _unite(tx, folded, decision.united, Cause.of(event))
    folded.save(tx)
    forget_receipts(tx, {event.lead for event in of_leads if isinstance(event.event, LeadErased)})


def on_timers(tx: Tx, timers: Sequence[FiredTimer]) -> None:
    """Leads cool, or look at their accounts anew; after a version took over, the next of them wait by it."""
    of_leads = [timer for timer in timers if timer.lead != EVERYONE]
    looking = [timer.lead for timer in of_leads if timer.purpose == policy.RESCORE]
    if looking:
        accounts_stay(tx)
    line = _next_in_line(tx, [timer for timer in timers if timer.lead == EVERYONE])
    folded = _Folded(lead_states.lock(tx.conn, [*(timer.lead for timer in of_leads), *line]))
    domains = (folded.before[lead].account_domain for lead in looking)
    accounts = read_accounts(tx, [domain for domain in domains if domain is not None]) if looking else {}
    for timer in of_leads:
        lead = folded.after[timer.lead]
        account = matched(accounts.get(lead.account_domain or ""), lead.email)
        decision = policy.fire(lead, timer, tx.agreement, tx.now, account)
        folded.note(tx, timer.lead, decision, Cause.of(timer))
    for one, cause in line.items():
        folded.note(tx, one, recooled(folded.after[one], tx.agreement, tx.now), cause)
    folded.save(tx)


def on_agreement(tx: Tx) -> None:
    """A version has taken over: when leads cool is computed anew, a batch after the other."""
    _go_on(tx, "", Cause(f"agreement/{tx.agreement.ref}"))


def _next_in_line(tx: Tx, timers: Sequence[FiredTimer]) -> dict[LeadId, Cause]:
    line: dict[LeadId, Cause] = {}
    for timer in timers:
        cause = Cause.of(timer)
        found = leads_after(tx, timer.payload["after"], LINE_MAX)
        line |= dict.fromkeys(found, cause)
        if found:
            _go_on(tx, found[-1], cause)
    return line


def _go_on(tx: Tx, after: str, cause: Cause) -> None:
    tx.carry_out(EVERYONE, [SetTimer(RECOOL, tx.now, {"after": after})], cause)


def _unite(tx: Tx, folded: "_Folded", united: United | None, cause: Cause) -> None:
    """What a merged lead did goes on with the one that survives, and from there, if that was merged too."""
    while united is not None:
        survivor = united.survivor
        if survivor not in folded.after:
            folded.add(lead_states.lock(tx.conn, [survivor]))
        decision = policy.unite(folded.after[survivor], united, tx.agreement, tx.now)
        folded.note(tx, survivor, decision, cause)
        united = decision.united


@dataclass(slots=True)
class _Folded:
    """What a row of decisions led to, before it is written."""

    before: dict[LeadId, ScoredLead]
    after: dict[LeadId, ScoredLead] = field(init=False)
    kept: list[Mapping[str, Any]] = field(default_factory=list)
    shares: Counter[Share] = field(default_factory=Counter)
    outcomes: list[tuple[LeadId, Outcome]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.after = dict(self.before)

    def add(self, locked: Mapping[LeadId, ScoredLead]) -> None:
        self.before.update(locked)
        self.after.update(locked)

    def note(self, tx: Tx, lead: LeadId, decision: Scored, cause: Cause) -> None:
        self.after[lead] = decision.state
        tx.carry_out(lead, decision.effects, cause)
        if decision.kept is not None:
            self.kept.append(receipt_row(lead, decision.kept))
            if decision.kept.receipt.number == 1:
                self.shares.update(shares_of(decision.kept.receipt))
        if decision.outcome is not None:
            self.outcomes.append((lead, decision.outcome))

    def save(self, tx: Tx) -> None:
        changed = {lead: state for lead, state in self.after.items() if state != self.before[lead]}
        lead_states.save(tx.conn, changed)
        add_receipts(tx, self.kept)
        _count(tx, self.outcomes)
        add_mix(tx, self.shares)


def _count(tx: Tx, outcomes: Sequence[tuple[LeadId, Outcome]]) -> None:
    if not outcomes:
        return
    handed = read_receipts(tx, {lead: outcome.handed for lead, outcome in outcomes})
    counted: Counter[Key] = Counter()
    for lead, outcome in outcomes:
        if lead in handed:
            counted.update(keys_of(handed[lead], outcome, tx.agreement))
    add_outcomes(tx, counted)
    tx.afterwards.append(lambda: metrics.note(counted))


# ---- accounts


def _note_accounts(tx: Tx, said: Sequence[Heard[AccountUpdated]]) -> None:
    """Keep what the CRM says, and let the company's leads look at it: each once, however often it spoke."""
    if not said:
        return
    newest = {event.event.domain.lower(): event for event in said}
    save_accounts(tx, {domain: _as_account(domain, event.event) for domain, event in newest.items()})
    cause = Cause.of(said[-1])
    for lead in leads_at(tx, newest):
        tx.carry_out(lead, [SetTimer(policy.RESCORE, tx.now)], cause)


def _as_account(domain: str, event: AccountUpdated) -> Account:
    return Account(
        domain=domain,
        relation=event.relation,
        owner=event.owner,
        manager=event.manager,
        pod=event.pod,
        open_opportunity=event.open_opportunity,
        opportunity_owner=event.opportunity_owner,
    )


def _accounts_at(tx: Tx, domains: Iterable[str | None]) -> Mapping[str, Account]:
    named = [domain for domain in domains if domain is not None]
    if not named:
        return {}
    accounts_stay(tx)
    return read_accounts(tx, named)


def _domain(event: Any) -> str | None:
    is_about_who = isinstance(event, (LeadCaptured, LeadUpdated))
    return account_domain(event.company, event.email) if is_about_who else None
