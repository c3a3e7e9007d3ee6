"""Who reports what was done with a lead: the rep of their own work, or a tool of what it saw."""

from typing import Literal

import msgspec


class Reported(msgspec.Struct, frozen=True):
    """Whose word it is; `through` is the tool's name."""

    by: Literal["rep", "tool"] = "rep"
    through: str = ""
