"""`baton import`: the good rows go in, the others say why not with their line, and a repeat does nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Running, start

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

GOOD_AND_BAD = """\
E-Mail;First name;Job title;Company;Employees;Country;Favourite colour
ana@northwind.example;Ana;"Head of
Operations";Northwind;450;PT;green
;Nobody;CEO;Nowhere;1;PT;
bo@northwind.example;Bo;Developer;Northwind;450;PT;

not an address;Cy;CTO;Elsewhere;20;PT;red
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    one = start(tmp_path_factory.mktemp("import") / "data")
    yield one
    one.stop()


def test_good_rows_go_in_and_bad_rows_name_their_line(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "fair.csv"
    file.write_text(GOOD_AND_BAD)
    answer = running.command("import", str(file))
    assert answer.returncode == 1
    assert "4 read, 2 new, 0 had come before, 2 failed" in answer.stdout
    assert "line 4: email: is missing" in answer.stdout
    assert "line 7: email: is not an e-mail address" in answer.stdout
    assert "Employees → company.employees" in answer.stdout
    assert "left out: Favourite colour" in answer.stdout
    found = running.call("GET", "/v1/leads", params={"email": "ana@northwind.example"}).json()["leads"]
    lead = running.call("GET", f"/v1/leads/{found[0]}").json()
    assert lead["person"]["title"] == "Head of Operations"
    assert lead["company"]["employees"] == 450


def test_a_repeat_does_nothing_again(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "twice.csv"
    file.write_text("email,title\n" + "".join(f"twice{n}@northwind.example,CTO\n" for n in range(620)))
    first = json.loads(running.command("import", str(file), "--json").stdout)
    again = running.command("import", str(file), "--json")
    second = json.loads(again.stdout)
    assert (first["rows"], first["new"], first["repeated"]) == (620, 620, 0)
    assert (second["rows"], second["new"], second["repeated"]) == (620, 0, 620)
    assert again.returncode == 0


def test_columns_may_be_mapped_by_hand(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "mqls.csv"
    file.write_text("mql_id,first_contact_date,origin\nab12,2018-02-01,organic_search\n")
    answer = running.command(
        "import",
        str(file),
        "--source",
        "olist",
        *("--map", "mql_id=own_id", "--map", "first_contact_date=activity.at", "--map", "origin=source"),
    )
    assert answer.returncode == 0, answer.stderr
    found = running.call("GET", "/v1/leads", params={"own_id": "olist:ab12"}).json()["leads"]
    assert len(found) == 1
    story = running.wait_until(f"/v1/leads/{found[0]}/story", lambda story: story["lines"])
    assert "organic_search" in story["lines"][0]["sentence"]


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("colour,shape\nred,round\n", (), "no column is one of our fields"),
        ("email,titel\n", ("--map", "titel=titl"), "did you mean 'title'?"),
        ("email,titel\n", ("--map", "title=title"), "did you mean 'titel'?"),
        ("email,titel\n", ("--map", "titel"), "write it as COLUMN=FIELD"),
        ("email,e-mail\na@b.example,\n", (), "'email' and 'e-mail' would both be email"),
        ("email,email\na@b.example,c@d.example\n", (), "'email' and 'email' would both be email"),
        ("", (), "the file is empty"),
        ("\nemail\na@b.example\n", (), "its first line is blank"),
    ],
)
def test_a_table_that_can_not_be_understood_is_refused_before_anything_goes_in(
    running: Running, tmp_path: Path, text: str, arguments: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    answer = running.command("import", str(file), *arguments)
    assert answer.returncode == 2
    assert said in answer.stderr


def test_a_row_that_can_not_be_read_is_told_and_never_takes_others_with_it_silently(
    running: Running, tmp_path: Path
) -> None:
    file = tmp_path / "torn.csv"
    file.write_text(
        "email,company,consent\n"
        "torn1@northwind.example,Souza, Lda,denied\n"
        'torn2@northwind.example,"Souza, Lda",granted,,\n'
        ",,,\n"
        'torn3@northwind.example,"Sou"za,granted\n'
        'torn4@northwind.example,"Northwind,granted\n'
        "torn5@northwind.example,Northwind,granted\n"
    )
    answer = running.command("import", str(file))
    assert answer.returncode == 1
    assert "4 read, 1 new, 0 had come before, 3 failed" in answer.stdout
    assert "line 2: has more cells than columns; quote cells that hold a comma" in answer.stdout
    assert "line 5: is not CSV: " in answer.stdout
    assert "line 6: is not CSV (nor is anything up to line 7): " in answer.stdout
    assert "look for a quote that is not closed" in answer.stdout


def test_a_file_that_is_not_there(running: Running, tmp_path: Path) -> None:
    answer = running.command("import", str(tmp_path / "none.csv"))
    assert answer.returncode == 2
    assert "No such file" in answer.stderr


def test_bytes_that_are_not_utf_8_name_their_line(running: Running, tmp_path: Path) -> None:
    file = tmp_path / "latin.csv"
    rows = b"".join(b"early%d@northwind.example,\n" % n for n in range(2000))
    file.write_bytes(b"email,first_name\n" + rows + "late@northwind.example,José\n".encode("latin-1"))
    answer = running.command("import", str(file))
    assert answer.returncode == 2
    assert "UTF-8" in answer.stderr
