"""When the watchdog of a Kafka consumer asks the broker how much there is to read."""

from collections.abc import Mapping

from shared.bus.kafka_watchdog import Watchdog


class Broker:
    """Says how much there is to read, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def lag(self) -> Mapping[str, int]:
        self.asked += 1
        return {"leads": 0}


async def test_nothing_is_asked_before_there_was_time_to_read() -> None:
    broker, watchdog = Broker(), Watchdog(stuck_s=3600.0)
    await watchdog.look(None, joined=True, found=False, lag=broker.lag)
    assert broker.asked == 0


async def test_it_is_asked_once_there_was() -> None:
    broker, watchdog = Broker(), Watchdog(stuck_s=0.0)
    await watchdog.look(None, joined=True, found=False, lag=broker.lag)
    assert broker.asked == 1
