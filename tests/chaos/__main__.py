"""`make soak`: the kill tests at full length, on real Kafka and PostgreSQL, with a seed of its own."""

import argparse
import asyncio
import sys

from tests.chaos.play import drawn, play


def main(arguments: list[str]) -> int:
    """Exit code 0 only if every promise holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--leads", type=int, default=20_000, help="at least so many people become leads")
    parser.add_argument("--rate", type=float, default=60, help="of them a second")
    parser.add_argument("--seed", default="1", help="draws people and faults")
    parser.add_argument("--more", type=int, default=12, help="kills at random after everyone's first")
    parser.add_argument("--gone", type=float, default=60.0, help="seconds for which Kafka is gone")
    parser.add_argument("--paused", type=float, default=20.0, help="seconds for which somebody is paused")
    chosen = parser.parse_args(arguments)
    lasting = {"gone_s": chosen.gone, "paused_s": chosen.paused}
    plan = drawn(chosen.seed, chosen.leads, chosen.rate, more=chosen.more, **lasting)
    print(f"seed {plan.seed}: {', '.join(str(fault) for fault in plan.faults)}", flush=True)
    played = asyncio.run(play(plan))
    print("\n".join(played.report()))
    return 1 if played.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
