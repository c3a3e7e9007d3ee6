"""A roster is read whole or not at all; every mistake is named with its place and the nearest word."""

from dataclasses import replace

import pytest

from services.routing.api.reading import rows_of
from services.routing.domain.people.details import Known
from services.routing.domain.people.roster import Entry, RosterInvalid, Row, read_roster

KNOWN = Known(frozenset({"inside", "us-enterprise"}), {})
HEADER = "person,name,teams,weight,languages,notify\n"


def mistakes(**fields: object) -> list[str]:
    with pytest.raises(RosterInvalid) as found:
        read_roster([Row("line 2", {"person": "ana@acme.example", "teams": "inside", **fields})], KNOWN)
    return found.value.errors


def read_csv(text: str) -> list[Entry]:
    return read_roster(rows_of((HEADER + text).encode(), "text/csv; charset=utf-8"), KNOWN)


def test_a_csv_line_is_a_person_with_teams_weights_languages_and_an_address() -> None:
    line = "ana@acme.example,Ana Silva,inside=2; us-enterprise,3,en; PT,http://127.0.0.1:9/ana\n"
    [ana] = read_csv(line)
    assert ana == Entry(
        person="ana@acme.example",
        name="Ana Silva",
        teams={"inside": 2, "us-enterprise": 3},
        languages=("en", "pt"),
        notify="http://127.0.0.1:9/ana",
    )


def test_empty_cells_are_left_out_and_empty_lines_are_no_people() -> None:
    [ana] = read_csv("ana@acme.example,,inside,,,\n,,,,,\n\n")
    assert ana == Entry(person="ana@acme.example", teams={"inside": 1})


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_may_end_as_they_do_anywhere(end: str) -> None:
    text = end.join(["person,name,teams", "ana@acme.example,Ana,inside", ""])
    [ana] = read_roster(rows_of(text.encode(), "text/csv"), KNOWN)
    assert ana == Entry(person="ana@acme.example", name="Ana", teams={"inside": 1})


def test_yaml_and_json_are_read_alike() -> None:
    yaml = "people:\n  - {person: ana@acme.example, teams: {inside: 2}, languages: [en]}\n"
    json = '[{"person": "ana@acme.example", "teams": ["inside=2"], "languages": "en"}]'
    kinds = [(yaml, "application/yaml"), (json, "application/json")]
    [first], [second] = (read_roster(rows_of(text.encode(), kind), KNOWN) for text, kind in kinds)
    assert first == second == Entry("ana@acme.example", teams={"inside": 2}, languages=("en",))


def test_every_mistake_of_every_row_is_named_with_its_place() -> None:
    text = (
        "ana,Ana,inside,1,en,\nbob@acme.example,Bob,insde,0,english?,ftp://x\nbob@acme.example,B,inside,1,,\n"
    )
    with pytest.raises(RosterInvalid) as found:
        read_csv(text)
    assert [error.partition(":")[0] for error in found.value.errors] == [
        "line 2",
        "line 3",
        "line 3",
        "line 3",
        "line 3",
        "line 4",
    ]
    assert "bob@acme.example is already in line 3" in found.value.errors[-1]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (
            "person,teams\na@b.example,inside,extra\nb,inside\nc@b.example,insde\n",
            ["line 2", "line 3", "line 4"],
        ),
        ("person,nmae,teams\na@b.example,A,inside\nb,B,inside\n", ["line 1", "line 3"]),
        ("person,teams,cover\na@b.example,inside,,,\nb@b.example,inside,a@b.example\n", ["line 2"]),
        (f"person,teams\nb,inside\na@b.example,{'x' * 140_000}\n", ["line 2", "line 3"]),
    ],
)
def test_a_line_that_can_not_be_read_hides_no_other(text: str, places: list[str]) -> None:
    with pytest.raises(RosterInvalid) as found:
        read_roster(rows_of(text.encode(), "text/csv"), replace(KNOWN, people={}))
    assert [error.partition(":")[0] for error in found.value.errors] == places


def test_one_person_in_other_letters_is_the_same_one_and_stays_as_they_are_written() -> None:
    known = replace(KNOWN, addresses=("ana@acme.example",), people={"ana@acme.example": None})
    ana = {"person": "ANA@acme.example", "teams": "inside", "cover": "BOB@acme.example"}
    bob = {"person": "Bob@acme.example", "teams": "inside", "cover": "Ana@ACME.example"}
    read = read_roster([Row("line 2", ana), Row("line 3", bob)], known)
    assert [(one.person, one.details.cover) for one in read] == [
        ("ana@acme.example", "Bob@acme.example"),
        ("Bob@acme.example", "ana@acme.example"),
    ]
    with pytest.raises(RosterInvalid, match="line 2: cover: nobody covers for themselves"):
        read_roster([Row("line 2", ana | {"cover": "Ana@acme.example"})], known)
    with pytest.raises(RosterInvalid, match=r"line 3: ana@acme\.example is already in line 2"):
        read_roster([Row("line 2", ana), Row("line 3", ana | {"person": "anA@acme.example"})], known)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"teams": "us-enterprize"}, "did you mean 'us-enterprise'?"),
        ({"teams": ""}, "expected at least one team of the agreement, known: inside, us-enterprise"),
        ({"teams": "inside=1.5"}, "weight in 'inside': expected a whole number from 1 to 1000, found '1.5'"),
        ({"teams": "inside=1; us-enterprise;inside=2"}, "teams: 'inside' stands there more than once"),
        ({"weight": "-1"}, "weight: expected a whole number from 1 to 1000, found '-1'"),
        ({"weight": 0}, "weight: expected a whole number from 1 to 1000, found 0"),
        ({"weight": False}, "weight: expected a whole number from 1 to 1000, found false"),
        ({"person": "ana at acme"}, "person: expected a work e-mail address, found 'ana at acme'"),
        ({"person": None}, "person: expected a work e-mail address, found 'nothing'"),
        ({"languages": "English!"}, "languages: expected codes such as en; es, found 'English!'"),
        ({"notify": "acme.example/hook"}, "notify: expected addresses such as"),
        ({"wieght": "2"}, "did you mean 'weight'?"),
    ],
)
def test_a_mistake_says_what_is_wrong_and_what_to_do(fields: dict[str, object], said: str) -> None:
    [mistake] = mistakes(**fields)
    assert mistake.startswith("line 2: ")
    assert said in mistake


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"", "text/csv", "there is nobody in it"),
        (b"\xff\xfe", "text/csv", "this is not UTF-8"),
        (b"person,teams\na@b.example,inside,extra\n", "text/csv", "line 2: there are more cells"),
        (
            b"person,nmae\na@b.example,A\nb@b.example,B\n",
            "text/csv",
            "line 1: expected a field of the roster",
        ),
        (
            b"person;teams\na@b.example;inside\n",
            "text/csv",
            "line 1: expected commas between the columns, found 'person;teams'",
        ),
        (
            b"name,person,teams,Name\nA,a@b.example,inside,B\n",
            "text/csv",
            "line 1: the column 'name' is there more than once; keep one of them",
        ),
        (b"{", "application/json", "neither YAML nor JSON"),
        (b"just: words", "application/yaml", "expected a list of people"),
        (b"[1, 2]", "application/json", "entry 2: expected a mapping"),
        (b"x", "image/png", "can not be read; send text/csv"),
    ],
)
def test_a_document_that_is_no_roster_is_refused_in_one_sentence(body: bytes, kind: str, said: str) -> None:
    with pytest.raises(RosterInvalid) as found:
        read_roster(rows_of(body, kind), KNOWN)
    assert said in str(found.value)
