"""Calendars that have an address are read again by themselves, all of one or nothing."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from services.routing.domain.people.absences import imported
from services.routing.domain.people.person import Absence, Details
from services.routing.gateway.calendars import DESTINATION
from services.routing.handlers import roster
from services.routing.handlers.deciding import person_key
from services.routing.store import calendars
from services.routing.store.calendars import Source
from services.routing.store.roster import Listed, roster_of
from shared.agreement import Agreement
from shared.effects import CancelTimer, Errand, FiredTimer, SetTimer
from shared.runtime.tx import Cause, Tx

CALENDAR: Final = "calendar"
"""The purpose of a person's own timer: their calendar is to be read again."""
EVERY: Final = timedelta(hours=1)
"""How often."""
BY: Final = "their calendar"
"""Who made a change that came so, in the history."""


def read_from(tx: Tx, person: str, address: str, found: Sequence[Absence], by: str) -> Listed:
    """Somebody's absences are those of this calendar, instead of the last one's; it is read again by itself.

    Raises CommandRefused for somebody who is not in the roster, and for what does not fit.
    """
    listed = _take(tx, person, found, by)
    calendars.save_source(tx.conn, listed.entry.person, Source(address, tx.now))
    _again(tx, listed.entry.person)
    return listed


def read_by_hand(tx: Tx, person: str, found: Sequence[Absence], by: str) -> Listed:
    """The same from a file: an address that there was is not read any more."""
    listed = _take(tx, person, found, by)
    person = listed.entry.person
    calendars.drop_source(tx.conn, person)
    tx.carry_out(person_key(person), [CancelTimer(CALENDAR)], Cause(f"calendar/{person}/by hand"))
    return listed


def due(tx: Tx, timers: Iterable[FiredTimer]) -> None:
    """Calendars are to be read again; not those of whoever has left, or has no address any more."""
    for timer in timers:
        person = str(timer.payload["person"])
        listed = roster_of(tx.conn, [person]).get(person)
        if calendars.source_of(tx.conn, person) is None or listed is None or not listed.active:
            calendars.drop_source(tx.conn, person)
            continue
        # The address may be a secret: it is read when the errand is run, and kept nowhere else.
        key = f"{timer.lead}/{timer.due_at.isoformat()}"
        errand = Errand(DESTINATION, "read", key=key, body={"person": person})
        tx.carry_out(timer.lead, [errand], Cause.of(timer))
        _again(tx, person)


def address_of(tx: Tx, person: str) -> str | None:
    """Where somebody's calendar is, if it is read by itself."""
    source = calendars.source_of(tx.conn, person)
    return None if source is None else source.address


def was_read(tx: Tx, person: str, address: str, found: Sequence[Absence]) -> None:
    """What it says now, unless another address is meant by now. Raises CommandRefused as `read_from`."""

    def change(details: Details, agreement: Agreement) -> Details:
        # Asked under the person's lock: a file by hand may have come while this one was on its way.
        return imported(details, found, agreement) if address_of(tx, person) == address else details

    roster.change(tx, person, change, BY)
    calendars.note_success(tx.conn, person, address, tx.now)


def could_not_be_read(tx: Tx, person: str, address: str, why: str) -> None:
    """What the roster says of them stays as it is, and that it may be old is shown."""
    calendars.note_failure(tx.conn, person, address, tx.now, why)


def _take(tx: Tx, person: str, found: Sequence[Absence], by: str) -> Listed:
    def change(details: Details, agreement: Agreement) -> Details:
        return imported(details, found, agreement)

    return roster.change(tx, person, change, by)


def _again(tx: Tx, person: str) -> None:
    at = tx.now + EVERY
    again = SetTimer(CALENDAR, at, {"person": person})
    tx.carry_out(person_key(person), [again], Cause(f"calendar/{person}/{at.isoformat()}"))
