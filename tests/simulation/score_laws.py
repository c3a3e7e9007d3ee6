"""What must be true of scores when bad luck is over: receipts, cooling, accounts, and who is set aside."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from services.scoring.domain.model import matched
from services.scoring.domain.replay import differences, replayed
from shared.contracts.ingest import ActivityRecorded, LeadCaptured, LeadErased, LeadMerged
from shared.contracts.routing import LeadClosed, LeadWon
from shared.contracts.scoring import LeadNotQualified, LeadSetAside, ScoringEvent
from shared.terms import Consent, LeadId
from tests.simulation.findings import Breach, Findings
from tests.unit.scoring_lead import is_cold


def breaches(found: Findings) -> Iterator[Breach]:
    """Every law of the score that is broken."""
    yield from every_score_is_kept_once(found)
    yield from replays_are_exact(found)
    yield from nothing_cold_is_an_mql(found)
    yield from nobody_who_refused_is_an_mql(found)
    yield from accounts_are_known(found)
    yield from nothing_set_aside_is_nurtured(found)
    yield from deeds_are_united(found)


def every_score_is_kept_once(found: Findings) -> Iterator[Breach]:
    """The receipts of a lead are numbered 1, 2, 3 …, each said once, and kept until the person is erased.

    Of what a desk has it is said, beside the move, whose it is: the score is the same.
    """
    erased = {e.lead for e in found.said if isinstance(e.event, LeadErased)}
    said: defaultdict[LeadId, Counter[int]] = defaultdict(Counter)
    moved = {(e.lead, e.event.receipt.number) for e in found.said if isinstance(e.event, LeadNotQualified)}
    for event in found.said:
        beside = isinstance(event.event, LeadSetAside) and (event.lead, event.event.receipt.number) in moved
        if isinstance(event.event, ScoringEvent) and not beside:
            said[event.lead][event.event.receipt.number] += 1
    kept_of: defaultdict[LeadId, set[int]] = defaultdict(set)
    for lead, number in found.scores.receipts:
        kept_of[lead].add(number)
    for lead, numbers in said.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)) or max(numbers.values()) > 1:
            yield Breach("every score has a receipt", f"said were {dict(numbers)}", lead)
        if kept_of[lead] != (set() if lead in erased else numbers.keys()):
            yield Breach(
                "every score has a receipt", f"kept are {sorted(kept_of[lead])} of {sorted(numbers)}", lead
            )


def replays_are_exact(found: Findings) -> Iterator[Breach]:
    """Computed anew, every score of a lead whose journey goes on comes out the same."""
    for (lead, number), kept in found.scores.receipts.items():
        state = found.states["scoring"][lead]
        then = found.agreements[kept.receipt.agreement]
        fast = found.scores.receipts.get((lead, kept.fast_at or 0))
        if state.known and (differs := differences(kept.receipt, replayed(kept, state, then, fast))):
            yield Breach("a replay gives the same", f"receipt {number}: {differs}", lead)


def nothing_cold_is_an_mql(found: Findings) -> Iterator[Breach]:
    """Whoever waits below the limit has cooled; only for those who wait and have not, a timer is set."""
    for lead, state in found.states["scoring"].items():
        if not (state.mql and state.may_cool):
            if state.cools_at is not None:
                yield Breach("only what waits cools", f"a timer is set for {state.cools_at}", lead)
        elif is_cold(state, found.scores.agreement, found.now):
            yield Breach("what is cold has cooled", f"its timer is set for {state.cools_at}", lead)


def nobody_who_refused_is_an_mql(found: Findings) -> Iterator[Breach]:
    """Whoever refused contact is no MQL, whatever they do."""
    for lead, state in found.states["scoring"].items():
        if state.mql and state.consent is Consent.DENIED:
            yield Breach("who refused contact is no MQL", f"it is one, with a score of {state.score}", lead)


def accounts_are_known(found: Findings) -> Iterator[Breach]:
    """Every lead knows the last that the CRM said of its company."""
    for lead, state in found.states["scoring"].items():
        wanted = matched(found.scores.accounts.get(state.account_domain or ""), state.email)
        if state.known and state.account != wanted:
            yield Breach("accounts are known", f"it has {state.account}, the CRM says {wanted}", lead)


def nothing_set_aside_is_nurtured(found: Findings) -> Iterator[Breach]:
    """What is set aside goes to no track, and leaves the one that has it."""
    for lead, view in found.custodies["recycle"].items():
        state = found.states["scoring"].get(lead)
        on_track = view.standing == "holding" and view.holder is not None and view.holder.kind == "track"
        if on_track and state is not None and state.set_aside is not None:
            yield Breach("what is set aside is not nurtured", f"it is on the track {view.holder}", lead)
    scores: defaultdict[LeadId, list[ScoringEvent]] = defaultdict(list)
    for event in found.said:
        if isinstance(event.event, ScoringEvent):
            scores[event.lead].append(event.event)
    for lead, said in scores.items():
        always = all(score.receipt.set_aside is not None for score in said)
        moved = next((score for score in said if isinstance(score, LeadNotQualified)), None)
        if not always or moved is None:
            continue
        view = found.custodies["recycle"].get(lead)
        holders = [moved.to, view.holder if view is not None and view.ours else None]
        if any(holder is not None and holder.kind != "desk" for holder in holders):
            yield Breach("what is set aside is not nurtured", f"it went to {holders}", lead)


def deeds_are_united(found: Findings) -> Iterator[Breach]:
    """All that a person did counts for the lead that survives, whichever it was recorded for.

    What was merged and closed is united if it was merged first; which was first, the bus does not say.
    """
    did, perhaps, merged_into = Counter[LeadId](), Counter[LeadId](), dict[LeadId, LeadId]()
    closed = {e.lead for e in found.said if isinstance(e.event, (LeadWon, LeadClosed, LeadErased))}
    for event in found.said:
        if isinstance(event.event, (LeadCaptured, ActivityRecorded)):
            did[event.lead] += 1
        elif isinstance(event.event, LeadMerged):
            merged_into[event.lead] = event.event.survivor
    for lead in merged_into:
        root = lead
        while root in merged_into:
            root = merged_into[root]
        (perhaps if lead in closed else did)[root] += did[lead]
    for lead, state in found.states["scoring"].items():
        if state.known and not did[lead] <= len(state.deeds) <= did[lead] + perhaps[lead]:
            yield Breach("deeds are united", f"{len(state.deeds)} of {did[lead]} are counted", lead)
