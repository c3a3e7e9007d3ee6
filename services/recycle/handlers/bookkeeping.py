"""The books of every batch: ledger, gaps, people, story, counts, watermarks. Right in any order of events."""

from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from services.recycle.domain import journey
from services.recycle.domain.ledger import Entry, Gap, People, gaps_of
from services.recycle.domain.model import RecycledLead
from services.recycle.domain.receipts import receipt_bytes
from services.recycle.domain.story import tell
from services.recycle.store import ledger as books
from services.recycle.store import story as lines
from services.recycle.store.ledger import Noted
from shared.contracts import topic_of
from shared.contracts.envelope import Heard
from shared.contracts.recycle import OwnerRestored
from shared.contracts.routing import RepChanged
from shared.effects import Say
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId
from shared.texts import clean

States = MutableMapping[LeadId, RecycledLead]


def note(tx: Tx, events: Sequence[Heard[Any]], of_leads: Sequence[Heard[Any]], states: States) -> None:
    """Write what this batch says: who answers, what happened, how often. Changes the leads' journeys."""
    erased_before = {lead for lead, state in states.items() if state.journey.ending == "erased"}
    counted: Counter[str] = Counter()
    for heard in of_leads:
        state = states[heard.lead]
        after, names = journey.fold(state.journey, heard)
        if heard.lead not in erased_before:
            after = journey.entered(after, heard)
        counted.update(names)
        states[heard.lead] = state if after is state.journey else replace(state, journey=after)
    books.save_people(tx, (one for one in events if isinstance(one.event, RepChanged)))
    _note_owners(tx, [one for one in of_leads if one.lead not in erased_before], states)
    erased = {lead for lead, state in states.items() if state.journey.ending == "erased"}
    lines.save_lines(tx, [_line(one) for one in of_leads if one.lead not in erased])
    _forget(tx, erased - erased_before)
    lines.add_counts(tx, counted)
    lines.save_marks(tx, _newest(events))


def revise(tx: Tx, states: States) -> None:
    """Derive anew, from the rows, who answers for these leads and where nobody did. Caller has the locks."""
    if not states:
        return
    noted = books.gaps_by_lead(tx, states)
    people = _people(tx, states.values())
    changed, disproved = list[Noted](), list[Noted]()
    for lead, state in states.items():
        rows, held = state.journey.entries, journey.now_held(state.journey)
        if held != state.journey:
            states[lead] = replace(state, journey=held)
        found = gaps_of(rows, captured_at=held.captured_at, ended_at=held.ended_at, people=people)
        if held.ending == "erased" and found:
            found = _proven(found, lines.as_of(tx))
        keys = {gap.key for gap in found}
        disproved += [one for one in noted[lead] if one.gap.key not in keys]
        changed += _differences(tx, lead, noted[lead], found, rows)
    books.forget_gaps(tx, disproved)
    books.save_gaps(tx, changed)


def _note_owners(tx: Tx, of_leads: Sequence[Heard[Any]], states: States) -> None:
    concerned = {heard.lead for heard in of_leads if journey.concerns_ledger(heard)}
    revised = {lead: states[lead] for lead in sorted(concerned)}
    revise(tx, revised)
    states.update(revised)


def _people(tx: Tx, states: Iterable[RecycledLead]) -> People:
    entries = (entry for state in states for entry in state.journey.entries)
    named = tx.agreement.named
    persons = {entry.holder.answers for entry in entries if entry.holder is not None} - named
    absences, known = books.known_people(tx, persons)
    announced = len(known) < len(persons) and books.anybody_announced(tx)
    return People(absences, known, named, announced)


def _proven(found: Sequence[Gap], as_of: datetime | None) -> list[Gap]:
    # What is still to be heard of an erased lead is not written down: nothing could disprove the others.
    return [gap for gap in found if as_of is not None and gap.known_at <= as_of]


def _differences(
    tx: Tx, lead: LeadId, noted: Sequence[Noted], found: Sequence[Gap], rows: Sequence[Entry]
) -> list[Noted]:
    """What is new in the books about one lead; says so, if it has an owner again."""
    before = {one.gap.key: one for one in noted}
    after = {gap.key: gap for gap in found}
    was_said = [one for one in noted if one.said_at is not None and one.gap.until is None]
    if was_said and all(gap.until is not None for gap in found):
        _say_restored(tx, lead, was_said, after, rows)
    return [
        Noted(lead, gap, before[key].said_at, before[key].said_times) if key in before else Noted(lead, gap)
        for key, gap in after.items()
        if key not in before or before[key].gap != gap
    ]


def _say_restored(
    tx: Tx,
    lead: LeadId,
    was_said: Sequence[Noted],
    after: Mapping[tuple[str, int, datetime], Gap],
    rows: Sequence[Entry],
) -> None:
    ends = [after[one.gap.key] for one in was_said if one.gap.key in after]
    seconds = max(((end.until - end.since).total_seconds() for end in ends if end.until), default=0.0)
    newest = max(rows, key=lambda row: (row.at, row.number), default=None)
    by = (
        f"{newest.kind} {newest.number} on {newest.topic}" if newest is not None else "the end of its journey"
    )
    if not ends:
        by = f"what was missing has been heard: {by}"
    first = was_said[0]
    cause = f"restored/{lead}/{first.gap.cause}/{first.gap.number}/{first.gap.since.isoformat()}"
    tx.carry_out(lead, (Say(OwnerRestored(for_s=seconds, by=by)),), Cause(cause))


def _line(heard: Heard[Any]) -> dict[str, Any]:
    return {
        "lead_id": heard.lead,
        "at": heard.at,
        "hop": heard.hop,
        "event_id": heard.id,
        "type": heard.event.name(),
        "topic": topic_of(heard.source),
        "sentence": clean(tell(heard)),
        "receipt": receipt_bytes(heard.event),
    }


def _forget(tx: Tx, leads: set[LeadId]) -> None:
    if leads:
        lines.forget_lines(tx, leads)


def _newest(events: Sequence[Heard[Any]]) -> dict[str, datetime]:
    newest: dict[str, datetime] = {}
    for heard in events:
        topic = topic_of(heard.source)
        newest[topic] = max(newest.get(topic, heard.at), heard.at)
    return newest
