"""Power goes while leads come in: what was acknowledged is there afterwards, once."""

from pathlib import Path
from random import Random

import pytest

from tests.crash import crash

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]


async def test_every_acknowledged_lead_survives_kills_once(tmp_path: Path) -> None:
    found = await crash(2_000, 2, tmp_path / "data", Random("kill"))
    assert found.kills == 2
    assert found.lost == []
    assert found.twice == []
    assert found.captured == len(found.acknowledged) == 2_000
    assert (found.without_owner, found.owner_gap_s, found.parked) == (0, 0, 0)
