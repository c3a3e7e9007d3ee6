"""Power goes while leads come in: the embedded Baton holds every law afterwards."""

from pathlib import Path

import pytest

from tests.chaos.embedded import kill_embedded

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]


async def test_every_acknowledged_lead_survives_kills_once_and_every_law_holds(tmp_path: Path) -> None:
    assert await kill_embedded(1_500, 2, tmp_path / "data", "kill") == []
