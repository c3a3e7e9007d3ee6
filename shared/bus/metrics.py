"""What a bus counts about its readers; the label `service` is the name of their group."""

from typing import Final

from prometheus_client import Counter

gone: Final = Counter(
    "baton_events_gone",
    "Events that Kafka deleted before a service had handled them, or may have. Right: 0.",
    ["service", "topic"],
)
put_out: Final = Counter(
    "baton_consumers_put_out", "Times that a process was put out of its group.", ["service"]
)
