"""`python -m tests.unit.baton_search [--all] [a story's name]`: searches, and tells what went wrong."""

import sys
import time

from shared import baton
from tests.unit.baton_search.run import Run
from tests.unit.baton_search.scenarios import HUGE, LARGE, SMALL


def main(arguments: list[str]) -> int:
    everything = "--all" in arguments
    wanted = " ".join(word for word in arguments if word != "--all")
    scenarios = [*SMALL, *LARGE, *(HUGE if everything or wanted else ())]
    total, wrong, began = 0, 0, time.monotonic()
    for scenario in scenarios:
        if wanted not in scenario.name:
            continue
        start = time.monotonic()
        found = Run(baton, scenario).search(all_kinds=True)
        total, wrong = total + found.states, wrong + len(found.stories)
        print(f"{scenario.name:40} {found.states:>9,} states {time.monotonic() - start:6.1f} s", flush=True)
        for violation, story in found.stories.items():
            print(f"  {violation}\n    " + "\n    ".join(story))
    print(f"{'all':40} {total:>9,} states {time.monotonic() - began:6.1f} s, {wrong} kinds of violation")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
