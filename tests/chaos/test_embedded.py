"""Power goes while leads come in: the embedded Baton holds every law afterwards."""

from pathlib import Path

import pytest

from tests.chaos.embedded import kill_embedded
from tests.chaos.takeover import kill_at_takeovers

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]


async def test_every_acknowledged_lead_survives_kills_once_and_every_law_holds(tmp_path: Path) -> None:
    assert await kill_embedded(1_500, 2, tmp_path / "data", "kill") == []


async def test_killed_around_a_takeover_every_decision_names_the_version_that_was_in_force(
    tmp_path: Path,
) -> None:
    assert await kill_at_takeovers(tmp_path / "data", "takeover") == []
