"""Everything dies once while leads come in, some of it twice, and every promise holds."""

import os
from collections.abc import Callable

import pytest

from deploy.kafka.broker import BrokerUnavailable
from tests.chaos.play import drawn, play
from tests.servers.postgres import PostgresUnavailable

PEOPLE, RATE = 500, 10.0
SEED = "kills"

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.slow]


async def test_what_was_acknowledged_has_one_owner_after_everything_has_died(
    record_property: Callable[[str, object], None],
) -> None:
    plan = drawn(SEED, PEOPLE, RATE, more=0, gone_s=5.0, paused_s=10.0)
    try:
        played = await play(plan)
    except (BrokerUnavailable, PostgresUnavailable) as reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI does not do without servers. {reason}", pytrace=False)
        pytest.skip(str(reason))
    record_property("report", "\n".join(played.report()))
    assert played.broken == [], "\n".join(played.report())
