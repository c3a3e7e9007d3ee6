"""A condition may name each country that a lead can come from, and no other."""

import re

from services.ingest.domain.countries import COUNTRIES
from shared.agreement.conditions.countries import CODES, MEANT


def test_the_codes_are_those_that_ingest_gives_to_leads() -> None:
    assert set(re.findall(r"\b([A-Z]{2}) [A-Z]{3} ", COUNTRIES)) == CODES
    assert len(CODES) == 250


def test_what_people_write_instead_is_no_code_and_means_one() -> None:
    assert not MEANT.keys() & CODES
    assert CODES.issuperset(MEANT.values())
