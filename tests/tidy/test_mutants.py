"""A mutant whose line is gone takes nothing away, and proves nothing."""

import pytest

from tests.mutants.catalogue import CATALOGUE
from tests.mutants.mutant import Mutant
from tests.tidy import tree


@pytest.mark.parametrize("mutant", CATALOGUE, ids=lambda mutant: mutant.name)
def test_the_line_of_every_mutant_stands_exactly_once(mutant: Mutant) -> None:
    assert (tree.ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1


def test_there_are_at_least_fifteen() -> None:
    assert len({mutant.name for mutant in CATALOGUE}) == len(CATALOGUE) >= 15
