"""W3C trace context at the edge: goes on with the sender's trace, or begins one."""

import re
import secrets
from typing import Final

_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")
_NO_TRACE: Final = "0" * 32


def traceparent(incoming: str | None) -> str:
    """A traceparent for what follows: in the trace of a valid incoming one, else in a new, sampled one."""
    found = _TRACEPARENT.fullmatch(incoming) if incoming else None
    if found is None or found[1] == _NO_TRACE or (incoming or "").startswith("ff"):
        return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    return f"00-{found[1]}-{secrets.token_hex(8)}-{found[2]}"
