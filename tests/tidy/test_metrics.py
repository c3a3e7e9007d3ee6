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
ASKED: Final = re.compile(r"\bbaton_\w+")


def _ours() -> list[Metric]:
    for service in ("ingest", "scoring", "routing", "recycle"):
        importlib.import_module(f"services.{service}.metrics")
    importlib.import_module("shared.runtime.metrics")
    return [metric for metric in REGISTRY.collect() if not metric.name.startswith(("python_", "process_"))]


def _names(metrics: Iterable[Metric]) -> set[str]:
    """The names that Prometheus sees: a counter's ends in _total."""
    return {f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in metrics}


def test_every_metric_has_a_name_of_its_own_and_begins_with_baton() -> None:
    ours = _ours()
    assert len(ours) > 20
    assert all(metric.name.startswith("baton_") for metric in ours)
    assert all(metric.documentation.endswith(".") for metric in ours)


def test_every_metric_that_an_alert_asks_for_is_there() -> None:
    asked = {rule["alert"]: ASKED.findall(rule["expr"]) for rule in RULES}
    assert all(asked.values())
    assert {name for names in asked.values() for name in names} <= _names(_ours())


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES) >= 3
    for rule in RULES:
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["action"].endswith(".")
