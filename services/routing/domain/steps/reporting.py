"""What was done with a lead, and who reports it: the rep of their own work, or a tool of what it saw."""

from typing import Literal

import msgspec

from shared.contracts.values import Instant


class Reported(msgspec.Struct, frozen=True):
    """Whose word it is; `through` is the tool's name."""

    by: Literal["rep", "tool"] = "rep"
    through: str = ""


class Contact(msgspec.Struct, frozen=True):
    """One attempt or conversation, as it was reported."""

    channel: str
    direction: Literal["out", "in"] = "out"
    outcome: str = ""
    note: str = ""
    happened_at: Instant | None = None
