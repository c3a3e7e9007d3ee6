"""What is accepted and not enforced yet is listed, and only where the file has it."""

import pytest

from shared.agreement import load_text, not_enforced_yet
from tests.unit.test_agreement_defaults import MINIMAL
from tests.unit.test_agreement_whole import LISTS, WHOLE


def test_the_whole_file_lists_every_part_that_is_not_enforced() -> None:
    notes = not_enforced_yet(load_text(WHOLE, lists=LISTS))
    assert [note.partition(":")[0] for note in notes] == ["duties"]


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("routing:", "duties: {sales: {accepted_on_time: 90%}}\nrouting:", "duties: they are not measured"),
        (
            "  rules: [",
            "  hand_off: {rules: [{name: x, to: {team: inside, else: {person: al@a.example}}}]}\n  rules: [",
            "routing.hand_off.rules: 'x': only teams are asked",
        ),
    ],
)
def test_a_part_is_listed_where_the_file_has_it(old: str, new: str, note: str) -> None:
    assert old in MINIMAL
    notes = not_enforced_yet(load_text(MINIMAL.replace(old, new)))
    assert note in notes[0]
