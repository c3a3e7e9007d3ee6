"""A person or a team that is given nothing for a while, by whose word and why."""

from datetime import datetime
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

Kind = Literal["team", "rep"]
BECAUSE_MAX: Final = 200


class Pause(msgspec.Struct, frozen=True):
    """From when to when, who said so, and why; without `until` it goes on."""

    kind: Kind
    name: str
    since: datetime
    by: str
    because: str
    until: datetime | None = None
    resumed_by: str | None = None
    resumed_because: str | None = None

    @property
    def words(self) -> str:
        """As a receipt says it."""
        return f"paused because {self.because}, by {self.by}"

    def ended(self, at: datetime, by: str, because: str) -> "Pause":
        """The same, over since then, with who said so and why."""
        return replace(self, until=at, resumed_by=by, resumed_because=because)
