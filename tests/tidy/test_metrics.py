"""All services can run in one process: no two metrics have one name. What an alert asks for is there."""

import importlib
import re
from collections.abc import Iterable
from typing import Any, Final

from prometheus_client import REGISTRY, Metric
from ruamel.yaml import YAML

from tests.tidy import tree

ALERTS: Final[dict[str, Any]] = YAML(typ="safe").load(tree.read(tree.ROOT / "deploy/prometheus/alerts.yml"))
RULES: Final[list[dict[str, Any]]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
ASKED: Final = re.compile(r"\b(?:baton_\w+|up)\b")
OF_A_SCRAPE: Final = {"up": ("job", "instance", "runs")}
"""What Prometheus itself knows of each process, with `runs` of our prometheus.yml."""
FIRST: Final = re.compile(r"\(increase\((baton_\w+)\[\w+\]\)\) > 0\s")
"""What should never happen: once is enough, and increase() does not see the first of a process."""
LABELS: Final = re.compile(r"(?:\b(?:by|on) \(|\{|, )(\w+)(?=[,)=!])")


def _ours() -> list[Metric]:
    for service in ("ingest", "scoring", "routing", "recycle"):
        importlib.import_module(f"services.{service}.metrics")
    importlib.import_module("shared.runtime.metrics")
    importlib.import_module("shared.bus.metrics")
    return [metric for metric in REGISTRY.collect() if not metric.name.startswith(("python_", "process_"))]


_ENDINGS: Final = {"counter": ("_total",), "histogram": ("_count", "_sum", "_bucket")}


def _names(metrics: Iterable[Metric]) -> set[str]:
    """The names that Prometheus sees: a counter's ends in _total."""
    return {metric.name + end for metric in metrics for end in _ENDINGS.get(metric.type, ("",))}


def _labels(name: str) -> tuple[str, ...]:
    if name in OF_A_SCRAPE:
        return OF_A_SCRAPE[name]
    # The library shows the labels of a metric only once it has a value.
    labels: tuple[str, ...] = REGISTRY._names_to_collectors[name]._labelnames  # type: ignore[attr-defined]
    return labels


def test_every_metric_has_a_name_of_its_own_and_begins_with_baton() -> None:
    ours = _ours()
    assert len(ours) > 20
    assert all(metric.name.startswith("baton_") for metric in ours)
    assert all(metric.documentation.endswith(".") for metric in ours)


def test_every_metric_that_an_alert_asks_for_is_there() -> None:
    asked = {rule["alert"]: ASKED.findall(rule["expr"]) for rule in RULES}
    assert all(asked.values())
    assert {name for names in asked.values() for name in names} <= _names(_ours()) | OF_A_SCRAPE.keys()


def test_every_label_that_an_alert_asks_for_is_one_of_its_metrics() -> None:
    assert LABELS.findall('sum by (service, loop) (x{kind!="a"}) / on (source) y') == [
        "service",
        "loop",
        "kind",
        "source",
    ]
    for rule in RULES:
        known = {label for name in ASKED.findall(rule["expr"]) for label in _labels(name)}
        known.add("instance")  # Prometheus says of each figure whose it is.
        assert set(LABELS.findall(rule["expr"])) <= known, rule["alert"]


def test_the_first_event_of_each_process_is_heard_whatever_another_has_counted() -> None:
    first = {rule["alert"]: FIRST.findall(rule["expr"]) for rule in RULES}
    assert [*filter(None, first.values())], "some count what should never happen"
    for rule in RULES:
        for counter in first[rule["alert"]]:
            assert f"({counter} unless {counter} offset " in rule["expr"], rule["alert"]


def test_the_promise_itself_is_watched_at_night() -> None:
    paged = {rule["alert"] for rule in RULES if rule["labels"]["severity"] == "page"}
    assert {"LeadsWithoutOwner", "ServiceGone", "EventsNotPublished", "ClocksLate"} <= paged


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["action"].endswith(".")
