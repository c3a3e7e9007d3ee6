"""Calendars, shifts, absences and covers are read with every mistake, and what is exported is read again."""

import string
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.api.reading import rows_of
from services.routing.api.writing import FORMATS, written
from services.routing.domain.people.details import Known
from services.routing.domain.people.person import Absence, Details
from services.routing.domain.people.roster import Entry, RosterInvalid, Row, read_roster
from shared.agreement import load

KNOWN = Known(
    frozenset({"inside", "us-enterprise"}),
    {"lisbon": "Europe/Lisbon", "new-york": "America/New_York"},
    {"rui@acme.example": None, "zoe@acme.example": "ana@acme.example", "lena@acme.example": None},
)
ANA = {"person": "ana@acme.example", "teams": "inside", "calendar": "lisbon"}


def mistakes(*people: dict[str, object]) -> list[str]:
    rows = [Row(f"line {n}", {**ANA, **fields}) for n, fields in enumerate(people, 2)]
    with pytest.raises(RosterInvalid) as found:
        read_roster(rows, KNOWN)
    return found.value.errors


def details(**fields: object) -> Details:
    [entry] = read_roster([Row("line 2", {**ANA, **fields})], KNOWN)
    return entry.details


def test_a_row_says_when_somebody_works_is_away_and_who_covers() -> None:
    read = details(
        zone="Atlantic/Azores",
        holidays="PT-20",
        shifts="mon-thu 09:00-12:00 13:00-17:00; fri 09:00-12:00",
        absences="2026-12-24/2026-12-31 pto Home; 2026-12-01T13:00/2026-12-01T18:00 sick; 2026-12-08",
        skills="security; SAP S/4",
        cover="rui@acme.example",
        cover_takes_over="yes",
    )
    week = ((540, 720), (780, 1020))
    assert read == Details(
        skills=("security", "SAP S/4"),
        calendar="lisbon",
        zone="Atlantic/Azores",
        holidays="PT-20",
        shifts=(week, week, week, week, ((540, 720),), (), ()),
        absences=(
            Absence("2026-12-01T13:00", "2026-12-01T18:00", "sick"),
            Absence("2026-12-08", "2026-12-08"),
            Absence("2026-12-24", "2026-12-31", "pto", "Home"),
        ),
        cover="rui@acme.example",
        cover_takes_over=True,
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"calendar": "lisbn"},
            "calendar: expected a calendar of the agreement, found 'lisbn'; did you mean",
        ),
        (
            {"zone": "Europe/Lisboa"},
            "zone: expected an IANA zone such as America/New_York, found 'Europe/Lisboa'",
        ),
        ({"holidays": "PX"}, "holidays: expected a country whose holidays are known"),
        ({"holidays": "DE-BAY"}, "holidays: expected a region of DE whose holidays are known"),
        ({"shifts": "mon-fri"}, "shifts: expected hours such as \"09:00-17:30\" on mon-fri, found 'nothing'"),
        ({"shifts": {"mon": []}}, 'shifts: expected hours such as "09:00-17:30" on mon'),
        ({"shifts": "mo 09:00-12:00"}, "shifts: expected days such as mon-fri or sat, found 'mo'"),
        ({"absences": "2026-12-31/2026-12-24"}, "absences: 2026-12-31/2026-12-24 ends before it begins"),
        ({"absences": "2026-12-24T09:00"}, "absences: 2026-12-24T09:00 ends before it begins"),
        (
            {"absences": "2026-12-24/2026-12-31; 2026-12-31T13:00/2026-12-31T18:00"},
            "absences: 2026-12-31T13:00/2026-12-31T18:00 overlaps with 2026-12-24/2026-12-31",
        ),
        (
            {"absences": "2026-12-24 ptoo"},
            "absences: expected pto, sick, other, found 'ptoo'; did you mean 'pto'?",
        ),
        ({"absences": "9999-12-31"}, "absences: expected a year from 1990 to 2199, found '9999-12-31'"),
        ({"absences": "soon"}, "absences: expected absences such as 2026-12-24/2026-12-31 pto, found 'soon'"),
        ({"absences": [{"from": "2026-12-24"}]}, "absences: expected a field of an absence, found 'from'"),
        ({"absences": "2026-12-24", "calendar": ""}, "absences: expected a zone or a calendar too"),
        ({"skills": "{}"}, "skills: expected words such as security; finance, found '{}'"),
        (
            {"cover": "ruy@acme.example"},
            "cover: expected somebody of the roster, found 'ruy@acme.example'; did you",
        ),
        (
            {"cover": "ana@acme.example"},
            "cover: nobody covers for themselves; name somebody else",
        ),
        ({"cover_takes_over": "maybe"}, "cover_takes_over: expected true or false, found 'maybe'"),
    ],
)
def test_a_mistake_says_what_is_wrong_and_what_to_do(fields: dict[str, object], said: str) -> None:
    [mistake] = mistakes(fields)
    assert mistake.startswith(f"line 2: {said}")


def test_every_mistake_is_named_at_once() -> None:
    backward = {"calendar": "x", "shifts": "mon", "absences": "2026-12-31/2026-12-24"}
    found = mistakes(backward | {"cover_takes_over": "x"}, {"person": "b", "zone": "x"})
    assert [mistake.split(": ")[:2] for mistake in found] == [
        ["line 2", "calendar"],
        ["line 2", "shifts"],
        ["line 2", "absences"],
        ["line 2", "cover_takes_over"],
        ["line 3", "person"],
        ["line 3", "zone"],
    ]


def test_two_absences_may_touch_and_a_clock_that_is_set_back_makes_no_overlap() -> None:
    assert len(details(absences="2026-12-24; 2026-12-25/2026-12-26").absences) == 2
    night = "2026-10-25T00:30/2026-10-25T01:30; 2026-10-25T01:30/2026-10-25T02:30"
    assert len(details(absences=night).absences) == 2


def test_two_new_people_may_cover_for_each_other() -> None:
    bob = ANA | {"person": "bob@acme.example", "cover": "ana@acme.example"}
    ana, also = read_roster([Row("line 2", ANA | {"cover": "bob@acme.example"}), Row("line 3", bob)], KNOWN)
    assert (ana.details.cover, also.details.cover) == ("bob@acme.example", "ana@acme.example")


def test_the_example_of_three_zones_fits_the_large_agreement() -> None:
    folder = Path("agreements/large")
    rows = rows_of((folder / "roster.csv").read_bytes(), "text/csv")
    agreement = load(folder / "agreement.yaml")
    people = read_roster(rows, Known.by(agreement, dict.fromkeys(agreement.named)))
    assert {team for one in people for team in one.teams} == agreement.teams.keys()
    assert {one.details.calendar for one in people} == agreement.calendars.keys()


@st.composite
def weeks(draw: st.DrawFn) -> tuple[tuple[tuple[int, int], ...], ...]:
    time = st.integers(0, 1439)
    spans = st.lists(st.tuples(time, time), max_size=2, unique=True).map(tuple)
    return draw(st.one_of(st.just(()), st.tuples(*[spans] * 7).filter(any)))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    words = st.text(string.ascii_letters + "ãü', \"#=", max_size=12).map(lambda text: " ".join(text.split()))
    days = draw(st.lists(st.dates(date(1990, 1, 1), date(2199, 12, 31)), max_size=4, unique=True).map(sorted))
    absences = [
        Absence(
            f"{day}T09:00" if draw(st.booleans()) else str(day),
            str(day),
            draw(st.sampled_from(["pto", "sick"])),
        )
        for day in days
    ]
    return Entry(
        person="ana@acme.example",
        name=draw(words),
        teams=draw(
            st.dictionaries(st.sampled_from(["inside", "us-enterprise"]), st.integers(1, 9), min_size=1)
        ),
        languages=draw(st.sampled_from([(), ("en",), ("en", "pt-br")])),
        notify=draw(st.sampled_from([None, "https://ana.example/hook"])),
        details=Details(
            skills=draw(st.sampled_from([(), ("security",), ("SAP S/4", "C++")])),
            calendar="lisbon",
            zone=draw(st.sampled_from([None, "Asia/Kathmandu"])),
            holidays=draw(st.sampled_from([None, "DE-BY"])),
            shifts=draw(weeks()),
            absences=tuple(
                Absence(one.begin, one.end, one.kind, draw(words), draw(st.booleans())) for one in absences
            ),
            cover=draw(st.sampled_from([None, "rui@acme.example"])),
            cover_takes_over=draw(st.booleans()),
        ),
    )


@given(entries(), st.sampled_from(sorted(FORMATS)))
def test_what_is_exported_is_read_again_as_it_was(entry: Entry, format_: str) -> None:
    document = written([entry], format_)
    assert read_roster(rows_of(document.encode(), FORMATS[format_]), KNOWN) == [entry]
