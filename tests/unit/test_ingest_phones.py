"""Phone numbers: one spelling, whatever the short cut, and only those that identify one line."""

from typing import Final

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.phones import phone_of

pytestmark = pytest.mark.slow

KINDS: Final = range(11)
EXAMPLES: Final = sorted(
    phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    for region in phonenumbers.SUPPORTED_REGIONS
    for kind in KINDS
    if (example := phonenumbers.example_number_for_type(region, kind)) is not None
)
"""A number of each kind in each region, as the library gives them."""


def by_the_library(written: str) -> str | None:
    """What the library makes of a number in international form."""
    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("+351 21 000 0000", None, "+351210000000"),
        ("+351210000000", "US", "+351210000000"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("030 123456", "DE", "+4930123456"),
        ("00351 210 000 000", "PT", "+351210000000"),
        ("(212) 555-0100", None, None),
        ("+1 212 555 0100 x12", None, None),
        ("+1 555 555 5555", None, None),
        ("+15555555555", None, None),
        ("call me", "US", None),
        ("", None, None),
        ("9" * 300, "US", None),
    ],
)
def test_a_number_identifies_one_line_or_nobody(
    written: str, country: str | None, number: str | None
) -> None:
    assert phone_of(written, country) == number


def test_every_kind_of_number_everywhere_is_what_the_library_makes_of_it() -> None:
    near = [
        number[:cut] + digit + number[cut + 1 :] for number in EXAMPLES for cut in (2, 4) for digit in "019"
    ]
    longer = [number[:cut] + "0" + number[cut:] for number in EXAMPLES for cut in (2, 3, 4)]
    for written in (*EXAMPLES, *near, *longer):
        assert phone_of(written, None) == by_the_library(written), written


@given(st.sampled_from(EXAMPLES), st.integers(1, 14), st.text("0123456789", max_size=4))
def test_a_number_like_one_is_what_the_library_makes_of_it(number: str, at: int, digits: str) -> None:
    written = number[:at] + digits + number[at + len(digits) // 2 * 2 :]
    assert phone_of(written, None) == by_the_library(written)
