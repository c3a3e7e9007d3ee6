"""Whatever is written in a file: it loads, or it is refused with problems that point into it."""

import random

import pytest

from shared.agreement import AgreementInvalid, Problem, load_text
from tests.unit.test_agreement_whole import LISTS, WHOLE

pytestmark = pytest.mark.slow

FILES = 40
"""Damaged files per seed; each takes about 40 ms."""

JUNK = [
    "",
    "~",
    "[]",
    "{}",
    "5",
    "-1",
    "1.5",
    "true",
    "x",
    "09:00",
    "7d",
    "50%",
    "[x]",
    "{x: y}",
    "'",
    "{",
    "\t",
    "&a",
    "*a",
    "é\u2028",
]


def damaged(dice: random.Random) -> str:
    """The whole file with one to three places changed: a line dropped, doubled or moved, a word replaced."""
    lines = WHOLE.splitlines()
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines))
        match dice.randrange(5):
            case 0:
                lines.pop(at)
            case 1:
                lines.insert(at, lines[dice.randrange(len(lines))])
            case 2:
                lines[at] = lines[at][dice.randint(0, 3) :]
            case _:
                words = lines[at].split(" ")
                words[dice.randrange(len(words))] = dice.choice(JUNK)
                lines[at] = " ".join(words)
    return "\n".join(lines) + "\n"


def problems_of(text: str) -> list[Problem]:
    try:
        load_text(text, "acme.yaml", LISTS)
    except AgreementInvalid as invalid:
        return invalid.problems or [Problem("nobody", -1, -1, "")]
    return []


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_file_loads_or_is_refused_with_places(seed: int) -> None:
    dice, refused = random.Random(seed), 0
    for _ in range(FILES):
        text = damaged(dice)
        problems = problems_of(text)
        last = text.count("\n") + 1
        assert all(problem.file == "acme.yaml" and 1 <= problem.line <= last for problem in problems)
        assert all(problem.message and problem.message.isprintable() for problem in problems)
        refused += bool(problems)
    assert refused > FILES / 2


def test_the_same_file_is_refused_with_the_same_words() -> None:
    text = damaged(random.Random(7)).replace("team: inside", "team: insde")
    assert problems_of(text) == problems_of(text) != []
