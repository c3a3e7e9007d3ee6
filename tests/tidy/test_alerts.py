"""What Prometheus itself makes of its configuration, and of the alerts over time."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.tidy import tree


@pytest.fixture(scope="module")
def promtool() -> str:
    """Where it is; without it the test is skipped with the reason."""
    found = shutil.which("promtool")
    return found or pytest.skip("no promtool, which comes with Prometheus: alerts are only parsed, not tried")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "--syntax-only", "deploy/prometheus/prometheus.yml"),
        ("check", "rules", "deploy/prometheus/alerts.yml"),
        ("test", "rules", "tests/tidy/alerts_test.yml"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_prometheus_reads_what_it_is_given_and_each_alert_fires_when_it_should(
    promtool: str, arguments: tuple[str, ...]
) -> None:
    done = subprocess.run([promtool, *arguments], cwd=tree.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_way_to_an_alertmanager_is_one_when_its_comment_signs_are_gone(
    promtool: str, tmp_path: Path
) -> None:
    ours = tree.read(tree.ROOT / "deploy" / "prometheus" / "prometheus.yml")
    named = tmp_path / "prometheus.yml"
    named.write_text(re.sub(r"^# (?=alerting:|  )", "", ours, flags=re.MULTILINE))
    assert YAML(typ="safe").load(named)["alerting"]["alertmanagers"]
    done = subprocess.run(
        [promtool, "check", "config", "--syntax-only", named], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
