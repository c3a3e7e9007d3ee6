"""A week of the large example on the virtual clock: its report is right, and its bad luck harms nobody."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from deploy.command.simulate_week import app
from deploy.roster import read_rows
from deploy.virtual.world import World
from deploy.week.leads import imported
from deploy.week.page import page
from deploy.week.place import Place
from deploy.week.play import play
from deploy.week.report import Document, clock_cells
from deploy.week.reps import Habits, Outside
from deploy.week.script import Script
from services.routing.domain.people.roster import Row
from shared.agreement import Agreement, load
from shared.contracts.clocks import DeadlineBreached
from shared.contracts.envelope import Heard
from shared.contracts.routing import LeadAssigned
from shared.runtime.clock import StillClock
from tests.starting import ROOT

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

LARGE = ROOT / "agreements" / "large"
MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
HEAP = 800
A_DAY = 10
"""As the large agreement says: `per_rep_per_day: 10`."""


@cache
def agreed() -> Agreement:
    return load(LARGE / "agreement.yaml")


def people() -> Sequence[Row]:
    return read_rows(LARGE / "roster.csv")


def script(**more: Any) -> Script:
    return Script(agreed(), people(), MONDAY, **{"leads": 30, **more})


@cache
def quiet_week() -> Document:
    return play(script())


def test_every_lead_of_the_week_has_an_owner_and_is_counted_once() -> None:
    found = quiet_week()
    assert found["counts"]["captured"] == 30
    assert found["leads_without_owner"] == 0
    accepts = [one for one in found["clocks"] if one["clock"] == "accept"]
    ends = sum(one["met"] + one["breached"] + one["running"] + one["moot"] for one in accepts)
    given = sum(team["given"] for team in found["teams"])
    handed_over = sum(one["met"] + one["breached"] for one in found["clocks"] if one["clock"] == "handoff")
    assert ends == given - handed_over, "an accept clock for each lead that a rep was given"
    for team in found["teams"]:
        assert sum(member["given"] for member in team["members"]) == team["given"]


def test_the_same_seed_gives_the_same_week_and_another_seed_another() -> None:
    assert play(script()) == quiet_week()
    assert play(script(seed=2)) != quiet_week()


def test_reps_who_do_nothing_are_late_and_get_nothing_done() -> None:
    silent = play(script(habits=Habits(accepts=0.0, rejects=0.0)))
    assert _accepts(silent)["met"] == 0
    assert _accepts(silent)["breached"] > 2 * _accepts(quiet_week())["breached"]
    assert silent["speed"]["form"]["leads"] == 0 < quiet_week()["speed"]["form"]["leads"]


def _accepts(found: Document) -> Counter[str]:
    accepts = [one for one in found["clocks"] if one["clock"] == "accept"]
    return Counter({how: sum(one[how] for one in accepts) for how in ("met", "breached")})


def test_while_no_message_arrives_nobody_is_blamed_and_no_lead_is_lost() -> None:
    found = play(script(leads=120, outage=timedelta(hours=2)))
    assert found["messages"]["failed"] > 0
    assert found["messages"]["told_late"] > 0
    assert found["messages"]["blamed_while_untold"] == 0
    assert found["messages"]["never_told"] == 0
    assert found["leads_without_owner"] == 0


def test_on_a_monday_with_800_imported_leads_each_rep_is_given_ten_a_day_and_no_clock_runs_before() -> None:
    said = _said_of_a_heap(HEAP, until=MONDAY + timedelta(days=2))
    assigned = [heard for heard in said if isinstance(heard.event, LeadAssigned)]
    heap = {heard.lead for heard in assigned if heard.event.why == "paced"}
    assert len(heap) == HEAP
    assert all(not heard.event.deadlines for heard in assigned if heard.event.why == "paced")
    first = {}
    for heard in assigned:
        if heard.event.owner.kind == "rep":
            first.setdefault(heard.lead, heard)
    days = Counter((heard.event.owner.name, _day(heard)) for heard in first.values())
    assert max(days.values()) == A_DAY
    assert len(first) < len(people()) * A_DAY * 2
    early = [heard for heard in said if isinstance(heard.event, DeadlineBreached) and heard.lead not in first]
    assert not early, "no clock ran out for a lead that was not released"


def _said_of_a_heap(count: int, until: datetime) -> list[Heard[Any]]:
    """So many leads at 08:00 on Monday, and reps who take what they are given."""
    habits = Habits(accepts=1.0, rejects=0.0, contacts=0.0, answers_after=timedelta(seconds=20))
    outside = Outside(Random("reps"), habits)
    with closing(Place(agreed(), StillClock(MONDAY), outside)) as place:
        outside.settle_in(place, people())
        rows = list(imported(Random("heap"), count, MONDAY, 0))
        world: World[Any] = place.world
        world.at(MONDAY + timedelta(hours=8), lambda: place.take_in(rows, "import"))
        world.run_until(until)
        return place.said()


def _day(heard: Any) -> str:
    """The date where the rep is."""
    return str(heard.at.astimezone(ZoneInfo(_zones()[heard.event.owner.name])).date())


@cache
def _zones() -> dict[str, str]:
    rows = [row.fields for row in people()]
    return {str(r["person"]): str(r.get("zone") or agreed().calendars[str(r["calendar"])].zone) for r in rows}


def test_what_still_waits_for_its_release_is_explained_by_where_the_room_went() -> None:
    few = [row for row in people() if row.fields["person"] in ("ava@acme.example", "ben@acme.example")]
    found = play(Script(agreed(), few, MONDAY, leads=0, monday_import=150))
    paced = {team["team"]: team["paced"] for team in found["teams"]}
    assert all(bool(one["why_still"]) == bool(one["still"]) for one in paced.values())
    enterprise = paced["enterprise"]
    assert enterprise["still"] > 0
    assert enterprise["why_still"].endswith(f"; released: {enterprise['leads'] - enterprise['still']}")


def test_the_page_of_a_week_shows_every_team_and_runs_and_fetches_nothing() -> None:
    found = quiet_week()
    odd = {**found["teams"][0], "team": "<script>", "given": 1}
    html = page({**found, "teams": [*found["teams"], odd]}, ["one & another"])
    assert all(f"<h2>Team {team['team']}</h2>" in html for team in found["teams"] if team["given"])
    assert html.count("<svg") == sum(bool(team["given"]) for team in found["teams"]) + 1
    assert ("one &amp; another" in html, "&lt;script&gt;" in html) == (True, True)
    assert not any(what in html for what in ("<script", "http", "src="))


def test_a_clock_is_kept_by_the_share_of_those_that_ended_in_time() -> None:
    assert clock_cells(
        {"clock": "accept", "policy": "high-intent", "met": 999, "breached": 333, "running": 5, "moot": 1200}
    ) == ("accept", "high-intent", "999", "333", "75%", "5", "1,200")
    nobody = {"clock": "accept", "policy": "standard", "met": 0, "breached": 0, "running": 1, "moot": 0}
    assert clock_cells(nobody)[4] == "", "none ended: neither kept nor broken"


def test_the_command_writes_the_page_beside_the_report(tmp_path: Path) -> None:
    file = tmp_path / "week.html"
    done = CliRunner().invoke(app, ["--leads", "0", "--html", str(file)])
    assert (done.exit_code, "0 people ask" in done.output) == (0, True)
    assert "<h1>A week</h1>" in file.read_text()
    refused = CliRunner().invoke(app, ["--leads", "0", "--html", str(tmp_path)])
    assert "can not be written" in str(refused.exception)
