"""Whose line a phone number is, in one spelling: what `phonenumbers` says, and sooner where that is plain."""

import re
from functools import cache
from typing import Any, Final

import phonenumbers

_PLAIN: Final = re.compile(r"\+([1-9][0-9]{6,14})")
"""How programs write a number: E.164, which can not be written in another way."""
_NOTHING: Final = re.compile(r"(?!)")


def phone_of(written: str, country: str | None) -> str | None:
    """The number in E.164, or None if it does not identify one person's line.

    A national number is read as one of `country`. A number with an extension is a switchboard, and one that
    cannot be dialled (+1 555 555 5555) is what people write to be left alone: neither tells people apart.
    """
    plain = _PLAIN.fullmatch(written)
    if plain and any(_lines_behind(plain[1][:size]).fullmatch(plain[1], size) for size in (1, 2, 3)):
        return written
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@cache
def _lines_behind(code: str) -> re.Pattern[str]:
    """Fixed and mobile lines behind a calling code, by the library's own patterns.

    Not all of them: a number that may begin with a prefix, or belong to a neighbour, is the library's.
    """
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    home = phonenumbers.PhoneMetadata.metadata_for_region(regions[0], None) if regions else None
    if home is None or home.leading_digits:
        return _NOTHING
    prefix = home.national_prefix_for_parsing or "(?!)"
    line = "|".join(map(_numbers, (home.mobile, home.fixed_line)))
    return re.compile(rf"(?!{prefix})(?={_numbers(home.general_desc)}$)(?:{line})")


def _numbers(kind: Any) -> str:
    """A pattern for the numbers of one of the library's kinds."""
    if kind is None or not kind.national_number_pattern:
        return "(?!)"
    sizes = "|".join(f".{{{size}}}" for size in kind.possible_length) or ".*"
    return rf"(?:(?=(?:{sizes})$)(?:{kind.national_number_pattern}))"
