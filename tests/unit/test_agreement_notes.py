"""What is accepted and not enforced yet is listed, and only where the file has it."""

import pytest

from shared.agreement import load_text, not_enforced_yet
from tests.unit.test_agreement_defaults import MINIMAL
from tests.unit.test_agreement_whole import LISTS, WHOLE


def test_the_whole_file_lists_every_part_that_is_not_enforced() -> None:
    notes = not_enforced_yet(load_text(WHOLE, lists=LISTS))
    assert [note.partition(":")[0] for note in notes] == [
        "market.size",
        "routing.teams",
        "routing.teams",
        "routing.pace",
        "routing.rules",
        "routing.rules",
        "routing.rules",
        "duties",
    ]


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("lead: ines", "turn: owner_first, lead: ines", "routing.teams: turn of 'inside'"),
        (
            "lead: ines",
            "nobody_available: assign_anyway, lead: ines",
            "routing.teams: nobody_available of 'inside'",
        ),
        (
            "routing:",
            "market: {set_aside: [{name: odd, when: {source: x}, hold: marketing, counts_as: x}]}\nrouting:",
            "market.set_aside: 'odd': nobody is told",
        ),
        ("lead: ines", "catch_up: 3, lead: ines", "routing.teams: catch_up of 'inside'"),
        ("lead: ines", "count_exclusive: true, lead: ines", "routing.teams: count_exclusive of 'inside'"),
        ("{team: inside}", "{queue: inside}", "routing.rules: queue in 'rest'"),
        (
            "{team: inside}",
            "{person: account.owner, else: {first_open: [inside]}}",
            "routing.rules: first_open in 'rest'",
        ),
        (
            "  rules: [",
            "  hand_off: {rules: [{when: {score: 5}, to: &a {team: inside}}, {name: x, to: *a}]}\n  rules: [",
            "routing.hand_off.rules: all are",
        ),
    ],
)
def test_a_part_is_listed_where_the_file_has_it(old: str, new: str, note: str) -> None:
    assert old in MINIMAL
    notes = not_enforced_yet(load_text(MINIMAL.replace(old, new)))
    assert note in notes[0]
