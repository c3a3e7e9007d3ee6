"""Why of a heap so much still waits for its release when the week is over, in one sentence."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from deploy.week.journeys import Journeys
from services.routing.domain.clocks.hours import Time, passed
from services.routing.domain.time.calendar import Calendar
from shared.agreement import Team

_A_DAY = timedelta(days=1)


def why_unreleased(
    team: Team, members: Iterable[str], begin: datetime, end: datetime, journeys: Journeys
) -> str:
    """Where the room went that its members had, on the days on which they worked in this time."""
    hours = {person: journeys.hours.get(person) for person in members}
    days = {(who, day) for who, theirs in hours.items() for day in _days_of_work(theirs, begin, end)}
    given = Counter(
        one.how if one.team == team.name else "others"
        for one in journeys.given
        if one.person in hours and (one.person, _date(one.at, hours[one.person])) in days
    )
    if not days:
        return "none of its members worked"
    room = f"with room for {team.at_most_per_day} leads each" if team.at_most_per_day else "without a cap"
    return (
        f"on the {len(days)} days on which its members worked, {room}, {given['queue']} came first from its "
        f"queue, where a clock runs, {given['new']} came straight to them, {given['others']} were of other "
        f"teams; released: {given['heap']}"
    )


def _days_of_work(hours: Time, begin: datetime, end: datetime) -> Iterator[date]:
    zone = _zone(hours)
    day = begin.astimezone(zone).date()
    while (opens := datetime.combine(day, time(), zone).astimezone(UTC)) < end:
        closes = datetime.combine(day + _A_DAY, time(), zone).astimezone(UTC)
        if passed(max(begin, opens), min(end, closes), hours):
            yield day
        day += _A_DAY


def _date(at: datetime, hours: Time) -> date:
    return at.astimezone(_zone(hours)).date()


def _zone(hours: Time) -> ZoneInfo:
    return ZoneInfo(hours.zone if isinstance(hours, Calendar) else "UTC")
