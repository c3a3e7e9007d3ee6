"""How many deadlines a second, on one core: `python -m bench.deadlines`.

Four working hours from any instant of a year, in a calendar with lunch, public holidays, clock changes
and five weeks away. Its first use, which computes its years, is measured apart.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from time import process_time
from typing import Final

from services.routing.domain.time.calendar import Calendar
from services.routing.domain.time.working_time import add_working_time

NUMBER: Final = 100_000
RUNS: Final = 5
HOURS: Final = tuple([((9 * 60, 12 * 60), (13 * 60, 18 * 60))] * 5 + [(), ()])
BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
WORK: Final = timedelta(hours=4)


def main() -> None:
    """Print median and range."""
    dice = Random(1)
    starts = [BEGIN + timedelta(seconds=dice.randrange(365 * 86_400)) for _ in range(NUMBER)]
    calendar = Calendar("America/New_York", HOURS, "US").without(_weeks_away(dice))
    began = process_time()
    add_working_time(BEGIN, 2000 * WORK, calendar)
    first_s = process_time() - began
    rates = sorted(_rate(starts, calendar) for _ in range(RUNS))
    print(f"{median(rates):,.0f} deadlines/s ({rates[0]:,.0f} to {rates[-1]:,.0f}, {RUNS} runs)")
    print(f"first use of a calendar, five years of it: {first_s * 1000:.0f} ms of CPU")


def _rate(starts: list[datetime], calendar: Calendar) -> float:
    began = process_time()
    for start in starts:
        add_working_time(start, WORK, calendar)
    return len(starts) / (process_time() - began)


def _weeks_away(dice: Random) -> list[tuple[int, int]]:
    first = int(BEGIN.timestamp())
    begins = (first + dice.randrange(365) * 86_400 for _ in range(5))
    return [(begin, begin + 7 * 86_400) for begin in begins]


if __name__ == "__main__":
    main()
