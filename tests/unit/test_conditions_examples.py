"""Examples of what rules ask for: texts that patterns match."""

import pytest

from shared.agreement.conditions.examples import values_apart
from shared.agreement.conditions.generate import whether_it_holds
from shared.agreement.conditions.nodes import Test
from shared.agreement.conditions.vocabulary import Kind


def found(pattern: str) -> list[object]:
    """The texts that it matches, of those that are found for it."""
    test = Test("activity.url", Kind.TEXT, "matches", (pattern,))
    holds = whether_it_holds(test)
    return [value for value in values_apart([test])["activity.url"] if holds({"activity.url": value})]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("/pricing", "/pricing"),
        ("/(pricing|plans)(/|$)", "/pricing/"),
        (r"^/v\d{2}/[a-f]+?\b", "/v00/a"),
        (r"(?:a|b){2,}(?P<end>c)*", "aa"),
        (r"(?i)\bVP\b", "VP"),
        (r"[^x]\s.\w", "\N{WHITE SQUARE} \N{WHITE SQUARE}a"),
    ],
)
def test_a_text_is_found_for_what_a_pattern_is_made_of_by_this_pythons_reader_of_patterns(
    pattern: str, text: str
) -> None:
    assert found(pattern) == [text]


@pytest.mark.parametrize("pattern", ["[[:alpha:]]x", r"\pLx", r"\Qx.y\E", r"x\z"])
def test_what_only_the_engine_of_patterns_can_read_has_no_example_and_nobody_is_warned(pattern: str) -> None:
    assert found(pattern) == []
