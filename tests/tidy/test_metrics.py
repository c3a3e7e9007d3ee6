"""All services can run in one process: no two of them give one name to two metrics."""

import importlib

from prometheus_client import REGISTRY


def test_every_metric_has_a_name_of_its_own_and_begins_with_baton() -> None:
    for service in ("ingest", "scoring", "routing", "recycle"):
        importlib.import_module(f"services.{service}.metrics")
    importlib.import_module("shared.runtime.metrics")
    ours = [metric for metric in REGISTRY.collect() if not metric.name.startswith(("python_", "process_"))]
    assert len(ours) > 20
    assert all(metric.name.startswith("baton_") for metric in ours)
    assert all(metric.documentation.endswith(".") for metric in ours)
