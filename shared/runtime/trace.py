"""W3C trace context: every step goes on with the trace of what caused it, or begins one."""

import random
import re
from typing import Final

_TRACEPARENT: Final = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?"
)
_SAMPLED: Final = "01"


def child_of(incoming: str | None, dice: random.Random) -> str:
    """A traceparent for what follows: in the trace of a valid incoming one, else in a new, sampled one.

    `dice` gives the ids; dice that are seeded by the cause give the same ids again.
    """
    found = _TRACEPARENT.fullmatch(incoming.strip()) if incoming else None
    if found is None or (found["version"] == "00" and found["more"]):
        return f"00-{_hex(dice, 128)}-{_hex(dice, 64)}-{_SAMPLED}"
    return f"00-{found['trace']}-{_hex(dice, 64)}-{found['flags']}"


def _hex(dice: random.Random, bits: int) -> str:
    # All zeros is no id.
    return f"{dice.getrandbits(bits) or 1:0{bits // 4}x}"
