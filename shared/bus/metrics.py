"""What a bus counts about its readers; the label `service` is the name of their group."""

from typing import Final

from prometheus_client import Counter

gone: Final = Counter(
    "baton_events_gone",
    "Events that Kafka deleted before a service had handled them. Right: 0.",
    ["service", "topic"],
)
