"""The end of a process that can not go on. Its supervisor starts a new one, which finds all on disk."""

import os
from typing import Final

from shared.runtime.log import logger

HOPELESS: Final = 70
"""The exit code: not an orderly stop."""


def end_process(service: str, why: str) -> None:
    """Say why, and end at once: what is stuck may not stop in order, and nothing is lost by a crash."""
    logger(service).critical("ending this process", why=why)
    os._exit(HOPELESS)
