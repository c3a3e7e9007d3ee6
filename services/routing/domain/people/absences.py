"""Changes what is planned: an absence is added, taken back, or comes from a calendar file."""

from collections.abc import Iterable

from msgspec.structs import replace

from services.routing.domain.people.details import absence_mistakes
from services.routing.domain.people.person import Absence, Details
from shared.agreement import Agreement
from shared.effects import CommandRefused
from shared.unknown import expected_one_of


def added(details: Details, absence: Absence, agreement: Agreement) -> Details:
    """With one more absence; the same again changes nothing. Raises CommandRefused if it does not fit."""
    if absence in details.absences:
        return details
    zone = _zone(details, agreement)
    return _fitting(details, [*details.absences, absence], zone)


def taken_back(details: Details, begin: str) -> Details:
    """Without the absence that begins so. Raises CommandRefused if there is none."""
    begins = [absence.begin for absence in details.absences]
    if begin not in begins:
        raise CommandRefused(
            "unknown", f"expected the beginning of an absence, {expected_one_of(begins, begin)}"
        )
    return replace(details, absences=tuple(one for one in details.absences if one.begin != begin))


def imported(details: Details, found: Iterable[Absence], agreement: Agreement) -> Details:
    """With those of a calendar file, instead of those that came from one before.

    What is written by hand stays; what lies within it already is left out. Raises CommandRefused for what
    overlaps with it in part.
    """
    zone = _zone(details, agreement)
    written = [absence for absence in details.absences if not absence.imported]
    new = [
        absence for absence in _united(found, zone) if not any(_covers(one, absence, zone) for one in written)
    ]
    return _fitting(details, [*written, *new], zone)


def kept_beside(details: Details, before: Details, agreement: Agreement) -> Details:
    """What is written anew, with what a calendar said `before`. Raises CommandRefused as `imported`."""
    read = [absence for absence in before.absences if absence.imported]
    is_any = read or any(absence.imported for absence in details.absences)
    return imported(details, read, agreement) if is_any else details


def _fitting(details: Details, absences: list[Absence], zone: str) -> Details:
    if wrong := list(absence_mistakes(absences, zone)):
        raise CommandRefused("invalid", "; ".join(wrong))
    return replace(details, absences=tuple(sorted(absences, key=lambda absence: absence.interval(zone))))


def _united(absences: Iterable[Absence], zone: str) -> list[Absence]:
    whole: list[Absence] = []
    for absence in sorted(set(absences), key=lambda absence: absence.interval(zone)):
        if whole and absence.interval(zone)[0] < whole[-1].interval(zone)[1]:
            last = max(whole[-1], absence, key=lambda absence: absence.interval(zone)[1])
            whole[-1] = replace(whole[-1], end=last.end)
        else:
            whole.append(absence)
    return whole


def _covers(one: Absence, other: Absence, zone: str) -> bool:
    (begin, end), (since, until) = one.interval(zone), other.interval(zone)
    return begin <= since and until <= end


def _zone(details: Details, agreement: Agreement) -> str:
    hours = agreement.calendars.get(details.calendar or "")
    zone = details.zone or (hours.zone if hours is not None else None)
    if zone is None:
        raise CommandRefused(
            "invalid", "give them a zone or a calendar first, so that it is known when a day begins"
        )
    return zone
