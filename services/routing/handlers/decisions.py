"""What people ask of decisions: which there were about a lead, why, and whether they come out the same."""

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from services.routing.domain.again.altering import altered
from services.routing.domain.again.replay import (
    Replayed,
    Roster,
    bench_then,
    differences,
    made_again,
)
from services.routing.domain.choosing.kept import Kept
from services.routing.domain.people.bench import NotOnTheBench, Rep
from services.routing.store.receipts import read_receipt, receipts_of
from services.routing.store.roster import Listed, roster_at, versions_of
from shared.agreement import Agreement
from shared.effects import CommandRefused
from shared.runtime.tx import Tx
from shared.terms import LeadId

_NAME: Final = re.compile(r"(.{1,64})\.(\d{1,9})")


def name_of(lead: LeadId, number: int) -> str:
    """How a receipt is named: the lead's id, a point, its number."""
    return f"{lead}.{number}"


def decision(tx: Tx, name: str) -> Kept:
    """One decision by the name of its receipt. Raises CommandRefused if none is kept."""
    lead, number = _parsed(name)
    kept = read_receipt(tx.conn, lead, number)
    if kept is None:
        raise CommandRefused(
            "unknown",
            f"no decision {name} is kept: its number may be wrong, the person erased, or its time over, which"
            " BATON_ROUTING_HISTORY_DAYS says; /v1/leads/{lead}/assignments lists those that are",
        )
    return kept


def decisions(tx: Tx, lead: LeadId) -> list[Kept]:
    """Every decision about a lead that is kept, the first one first. Raises CommandRefused if none is."""
    found = receipts_of(tx.conn, lead)
    if not found:
        raise CommandRefused("unknown", f"no decision about {lead} is kept; it may not have come to routing")
    return found


def replay(
    tx: Tx, name: str, versions: Mapping[str, Agreement], changes: Mapping[str, str] | None = None
) -> Replayed:
    """Make a decision again, as things were then, or with `changes` to what it was made of.

    `versions`: agreements that are here beside the one in force, by name. Raises CommandRefused without its
    own, and for changes that can not be.
    """
    kept = decision(tx, name)
    agreement = versions.get(kept.receipt.agreement, tx.agreement)
    if agreement.ref != kept.receipt.agreement:
        missing = (
            f"it was made by {kept.receipt.agreement}, and no file of that is here: put it beside the others"
        )
        raise CommandRefused("gone", missing)
    asked = _altered(tx, kept, changes, agreement) if changes else kept
    again, guessed = _made_again(tx, asked, _parsed(name)[0], agreement)
    return Replayed(kept, again, differences(kept, again), guessed)


def _altered(tx: Tx, kept: Kept, changes: Mapping[str, str], agreement: Agreement) -> Kept:
    then = {**roster_at(tx.conn, kept.receipt.at), **versions_of(tx.conn, kept.roster)}
    asked = kept
    for what, value in changes.items():
        asked = altered(asked, what, value, _roster(then), agreement)
    others = {who: version for who, version in asked.roster.items() if kept.roster.get(who) != version}
    for who in others.keys() - versions_of(tx.conn, others).keys():
        raise CommandRefused(
            "invalid",
            f"roster: {who} has no version {others[who]}; `baton roster show {who}` lists theirs, from 1",
        )
    return asked


def _made_again(tx: Tx, kept: Kept, lead: LeadId, agreement: Agreement) -> tuple[Kept, list[str]]:
    roster = _roster(versions_of(tx.conn, kept.roster))
    guessed: list[str] = []
    while True:
        try:
            return made_again(kept, lead, agreement, bench_then(kept, roster, agreement)), guessed
        except NotOnTheBench as missing:
            # Only another decision than the one that was made asks for more.
            everybody = _roster(roster_at(tx.conn, kept.receipt.at))
            if missing.team is not None:
                guessed.append(f"what each in {missing.team} was owed then is not kept with this decision")
                kept = replace(kept, owed={**kept.owed, missing.team: {}})
                more = {who: one for who, one in everybody.items() if missing.team in one[1]}
            else:
                person = missing.person or ""
                more = {person: everybody.get(person, (Rep(person), {}))}
            roster = {**more, **roster}


def _roster(listed: Mapping[str, Listed]) -> Roster:
    return {who: (one.rep, one.entry.teams if one.active else {}) for who, one in listed.items()}


def _parsed(name: str) -> tuple[LeadId, int]:
    found = _NAME.fullmatch(name)
    if found is None:
        raise CommandRefused("unknown", "a receipt is named by its lead and its number, such as 4f0c….2")
    return LeadId(found[1]), int(found[2])
