"""How often Python looks for cycles of garbage: rarely. A batch makes many objects, and hardly any cycle."""

import gc
from typing import Final

LOOK_EVERY: Final = 50_000
"""So many more containers than before. With Python's own 700 it looks a hundred times in a batch of 500."""


def look_rarely() -> None:
    """Call it once, when a process is put together: what is there by then is not looked at again."""
    gc.freeze()
    gc.set_threshold(LOOK_EVERY, 10, 10)
