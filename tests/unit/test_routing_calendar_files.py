"""Absences out of calendar files: whole days and hours, repeating and moved ones, and what is no calendar."""

from datetime import UTC, datetime

import pytest

from services.routing.domain.people.absences import added, imported, taken_back
from services.routing.domain.people.person import Absence, Details
from services.routing.domain.people.roster import RosterInvalid
from services.routing.gateway.calendar_files import absences_in
from shared.agreement import load_text
from shared.effects import CommandRefused
from tests.service.routing_place import AGREEMENT

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
ACME = load_text(AGREEMENT)
HERE = Details(zone="Europe/Lisbon")
CHRISTMAS = "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20270101"


def calendar(*events: str) -> bytes:
    parts = "".join(f"BEGIN:VEVENT\r\nUID:{n}\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{parts}END:VCALENDAR\r\n".encode()


def read(*events: str) -> list[tuple[str, str]]:
    return [(absence.begin, absence.end) for absence in absences_in(calendar(*events), NOW)]


@pytest.mark.parametrize(
    ("event", "absence"),
    [
        (CHRISTMAS, ("2026-12-24", "2026-12-31")),
        ("DTSTART;VALUE=DATE:20261208", ("2026-12-08", "2026-12-08")),
        (
            "DTSTART:20261208T130000Z\r\nDTEND:20261208T180000Z",
            ("2026-12-08T13:00+00:00", "2026-12-08T18:00+00:00"),
        ),
        (
            "DTSTART;TZID=America/New_York:20261208T130000\r\nDURATION:PT90M",
            ("2026-12-08T13:00-05:00", "2026-12-08T14:30-05:00"),
        ),
        (
            "DTSTART:20261208T130000Z\r\nDTEND;VALUE=DATE:20261210",
            ("2026-12-08T13:00+00:00", "2026-12-10T00:00+00:00"),
        ),
        ("DTSTART:20261208T130000\r\nDTEND:20261208T180000", ("2026-12-08T13:00", "2026-12-08T18:00")),
    ],
)
def test_an_event_is_an_absence_whatever_it_is_called(event: str, absence: tuple[str, str]) -> None:
    assert read(f"{event}\r\nSUMMARY:Dentist") == [absence]
    assert absences_in(calendar(f"{event}\r\nSUMMARY:Dentist"), NOW)[0].note == ""


def test_what_is_cancelled_over_or_without_length_is_none() -> None:
    assert read(f"{CHRISTMAS}\r\nSTATUS:CANCELLED") == []
    assert read("DTSTART;VALUE=DATE:20250101") == []
    assert read("DTSTART:20261208T130000Z") == []
    assert read("DTSTART:20261208T130020Z\r\nDTEND:20261208T130040Z") == []
    assert read("DTSTART:20261208T130020Z\r\nDTEND:20261208T130140Z") == [
        ("2026-12-08T13:00+00:00", "2026-12-08T13:01+00:00")
    ]


def test_a_time_zone_may_be_the_files_own_or_that_of_a_vendor() -> None:
    own = (
        b"BEGIN:VTIMEZONE\r\nTZID:Acme/Here\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        b"TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT"
    )
    here = calendar("DTSTART;TZID=Acme/Here:20261208T130000\r\nDURATION:PT1H")
    [absence] = absences_in(here.replace(b"BEGIN:VEVENT", own, 1), NOW)
    assert absence.begin == "2026-12-08T13:00+03:00"
    vendors = read("DTSTART;TZID=W. Europe Standard Time:20261208T130000\r\nDURATION:PT1H")
    assert vendors == [("2026-12-08T13:00+01:00", "2026-12-08T14:00+01:00")]


def test_an_absence_that_repeats_is_looked_ahead_for_400_days() -> None:
    fridays = read(
        "DTSTART:20261204T130000\r\nDTEND:20261204T180000\r\nRRULE:FREQ=WEEKLY\r\nEXDATE:20261211T130000"
    )
    assert fridays[:2] == [("2026-12-04T13:00", "2026-12-04T18:00"), ("2026-12-18T13:00", "2026-12-18T18:00")]
    assert (len(fridays), fridays[-1][0][:7]) == (56, "2027-12")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"BEGIN:VEVENT\r\nEND", "this is no iCalendar file that can be read"),
        (b"", "this is no iCalendar file that can be read"),
        (b"person,name\r\n", "this is no iCalendar file that can be read"),
        (b"\xff\xfe\x00", "this is no iCalendar file that can be read"),
        (calendar("DTSTART:20261204T130000\r\nRRULE:FREQ=SECONDLY"), "an absence repeats daily at most"),
        (calendar(*["DTSTART;VALUE=DATE:20261208"] * 2001), "expected at most 2000 events"),
        (calendar(*["DTSTART;VALUE=DATE:20261208\r\nRRULE:FREQ=DAILY"] * 101), "100 of them repeating"),
        (calendar(CHRISTMAS, "DTSTART:garbage"), "line 11: 'DTSTART:garbage' can not be read; correct it"),
        (calendar(f"{CHRISTMAS}\r\nRRULE:FREQ=FOO"), "line 8: 'RRULE:FREQ=FOO' can not be read; correct it"),
        (
            calendar(f"{CHRISTMAS}\r\nEXDATE;VALUE=DATE:20261224\r\nEXDATE:garbage"),
            "line 4: the EXDATE of this event can not be read; correct it",
        ),
        (
            calendar(f"{CHRISTMAS}\r\nEX\r\n DATE:garbage", "EXDATE:20261224T000000"),
            "line 4: the EXDATE of this event can not be read; correct it",
        ),
        (calendar(CHRISTMAS)[:-20], "ends with END:VCALENDAR"),
        (calendar("DTSTART;VALUE=DATE:00010101\r\nDTEND;VALUE=DATE:99991231"), "this is no iCalendar file"),
        (calendar("DTSTART;VALUE=DATE:19000101\r\nDTEND;VALUE=DATE:20270101"), "expected a year from 1990"),
        (
            calendar(CHRISTMAS, "DTSTART;TZID=Here/There:20261208T130000\r\nDURATION:PT1H"),
            "line 11: 'DTSTART;TZID=Here/There:20261208T130000' is in a time zone that nobody knows",
        ),
        (
            calendar(
                "DTSTART:20261204T130000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\n"
                "EXDATE;TZID=Here/There:20261211T130000"
            ),
            "line 9: 'EXDATE;TZID=Here/There:20261211T130000' is in a time zone that nobody knows",
        ),
        (
            calendar(
                "DTSTART:20261204T130000Z\r\nDURATION:PT1H\r\n"
                "RDATE;VALUE=PERIOD;TZID=Here/There:20261205T130000/PT3H"
            ),
            "line 8: 'RDATE;VALUE=PERIOD;TZID=Here/There:20261205",
        ),
        (
            calendar("DTSTART:20261208T130000Z\r\nDTEND:20261208T120000Z"),
            "line 7: 'DTEND:20261208T120000Z' ends before it begins",
        ),
        (
            calendar("DTSTART;VALUE=DATE:20261208\r\nDTEND;VALUE=DATE:20261207"),
            "line 7: 'DTEND;VALUE=DATE:20261207' ends before it begins",
        ),
        (
            calendar("DTSTART:20261208T130000Z\r\nDURATION:-PT4H"),
            "line 7: 'DURATION:-PT4H' ends before it begins",
        ),
        (calendar("SUMMARY:never"), "line 4: this event does not say when it begins"),
    ],
)
def test_what_is_no_calendar_of_absences_is_refused_in_a_sentence(body: bytes, said: str) -> None:
    with pytest.raises(RosterInvalid) as found:
        absences_in(body, NOW)
    assert said in str(found.value)


def test_what_is_broken_twice_in_an_event_is_said_once() -> None:
    with pytest.raises(RosterInvalid) as found:
        absences_in(calendar(f"{CHRISTMAS}\r\nEXDATE:garbage\r\nEXDATE:rubbish"), NOW)
    assert len(found.value.errors) == 1


def test_a_line_that_says_nothing_of_when_may_be_broken() -> None:
    assert read(f"{CHRISTMAS}\r\nCREATED:garbage") == [("2026-12-24", "2026-12-31")]


def test_a_calendar_that_is_read_again_replaces_what_it_said_and_not_what_was_written() -> None:
    mine = added(HERE, Absence("2026-12-08", "2026-12-09", "sick"), ACME)
    first = imported(mine, [Absence("2026-12-24", "2026-12-31", imported=True)], ACME)
    assert [absence.begin for absence in first.absences] == ["2026-12-08", "2026-12-24"]
    moved = imported(first, [Absence("2027-01-04", "2027-01-08", imported=True)], ACME)
    assert [absence.begin for absence in moved.absences] == ["2026-12-08", "2027-01-04"]
    assert imported(mine, [Absence("2026-12-08", "2026-12-08", imported=True)], ACME) == mine


def test_events_that_overlap_are_one_absence() -> None:
    days = [
        ("2026-12-24", "2026-12-26"),
        ("2026-12-26T09:00", "2026-12-28T12:00"),
        ("2026-12-25", "2026-12-25"),
    ]
    read = imported(HERE, [Absence(begin, end, imported=True) for begin, end in days], ACME)
    assert [(absence.begin, absence.end) for absence in read.absences] == [("2026-12-24", "2026-12-28T12:00")]


@pytest.mark.parametrize(
    ("absence", "said"),
    [
        (Absence("2026-12-09", "2026-12-10"), "2026-12-09/2026-12-10 overlaps with 2026-12-08/2026-12-09"),
        (Absence("2026-12-11", "2026-12-10"), "2026-12-11/2026-12-10 ends before it begins"),
    ],
)
def test_an_absence_that_does_not_fit_is_refused(absence: Absence, said: str) -> None:
    mine = added(HERE, Absence("2026-12-08", "2026-12-09"), ACME)
    assert added(mine, Absence("2026-12-08", "2026-12-09"), ACME) == mine
    with pytest.raises(CommandRefused, match=said):
        added(mine, absence, ACME)
    with pytest.raises(CommandRefused, match="give them a zone or a calendar first"):
        added(Details(), absence, ACME)


def test_an_absence_is_taken_back_by_its_beginning() -> None:
    mine = added(HERE, Absence("2026-12-08", "2026-12-09"), ACME)
    assert taken_back(mine, "2026-12-08") == HERE
    with pytest.raises(CommandRefused, match="did you mean '2026-12-08'"):
        taken_back(mine, "2026-12-07")
