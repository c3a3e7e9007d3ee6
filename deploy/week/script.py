"""What a week is played from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from deploy.week.reps import Habits
from services.routing.domain.people.roster import Row
from shared.agreement import Agreement


@dataclass(frozen=True, slots=True)
class Script:
    """What a week is played from. `start`: its first midnight, UTC. `monday_import`: rows at 08:00."""

    agreement: Agreement
    roster: Sequence[Row]
    start: datetime
    leads: int = 500
    monday_import: int = 0
    outage: timedelta = timedelta(0)
    habits: Habits = field(default_factory=Habits)
    seed: int = 1
