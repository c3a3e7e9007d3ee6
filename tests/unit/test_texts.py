"""What a column can not hold is refused or replaced before PostgreSQL does it."""

import pytest

from shared.texts import clean, fits


@pytest.mark.parametrize("text", ["", "four", "Zoë"])
def test_a_text_that_fits_stays_as_it_is(text: str) -> None:
    assert fits(text, 4)
    assert clean(text, 4) == clean(text) == text


def test_a_text_that_is_too_long_is_cut() -> None:
    assert not fits("fiver", 4)
    assert clean("fiver", 4) == "five"


def test_texts_that_differ_in_a_nul_only_still_differ() -> None:
    assert not fits("a\x00")
    assert clean("a\x00") == "a\N{REPLACEMENT CHARACTER}"
    assert clean("a\x00") != clean("a")


def test_half_of_a_surrogate_pair_is_replaced() -> None:
    assert clean("a\ud800") == "a?"
