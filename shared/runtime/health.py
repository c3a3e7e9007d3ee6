"""Whether a process may have traffic: the checks, what is answered of those that fail, and what is logged."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.runtime.log import logger

CHECK_MAX_S: Final = 3.0
"""How long a check or a sample may take: whoever asks gives up soon after."""
Check = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Health:
    """What must hold before traffic makes sense: named checks, each an async function that raises if not."""

    checks: dict[str, Check] = field(default_factory=dict)
    _logged: dict[str, str] = field(default_factory=dict)

    async def failures(self) -> dict[str, str]:
        """The checks that fail, each with the kind of its failure. All are asked at once.

        Why goes to the log, when it changes: it names users, hosts and paths, and whoever asks shows no key.
        """
        found = await failures(self.checks)
        if found and found != self._logged:
            logger("baton").warning("not ready", failed=found)
        elif self._logged and not found:
            logger("baton").info("ready again")
        self._logged = found
        return {name: why.partition(": ")[0] for name, why in found.items()}


async def failures(checks: Mapping[str, Check]) -> dict[str, str]:
    """The kind of each check's failure, and why. All are asked at once."""
    asked = await asyncio.gather(*(_failure(check) for check in checks.values()))
    return {name: why for name, why in zip(checks, asked, strict=True) if why is not None}


async def _failure(check: Check) -> str | None:
    """The kind of a check's failure, and why; None if it holds."""
    try:
        async with asyncio.timeout(CHECK_MAX_S):
            await check()
    except TimeoutError:
        return f"no answer within {CHECK_MAX_S:g} s"
    except Exception as wrong:
        return f"{type(wrong).__name__}: {wrong}"[:300]
    return None
