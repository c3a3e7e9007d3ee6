"""Traces: one connected tree from the webhook to the rep's notification, and nothing at all unless asked."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from shared.signing import sign_standard_webhook
from tests.collector import Collector, Exported, collecting
from tests.running import ROOT, Running, baton, environment, start

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

SENDER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
PERSON = {
    "email": "ana.souza@northwind.example",
    "first_name": "Anabela",
    "last_name": "Souza",
    "phone": "+351912345678",
    "title": "Head of Operations",
    "company": "Northwind",
    "employees": 450,
    "consent": "granted",
    "message": "call me in the evening",
}
REP = "rui@acme.example"
SERVER, PRODUCER, CONSUMER, CLIENT = 2, 4, 5, 3


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as one:
        yield one


@dataclass(slots=True)
class Traced:
    """A Baton that sends its spans to `collector`, which also stands for the rep."""

    running: Running
    collector: Collector

    def post(self, number: int, **headers: str) -> str:
        """A signed webhook; returns the lead's id."""
        body = json.dumps({"type": "demo_requested", "data": PERSON}).encode()
        text = (self.running.data / "sources.yaml").read_text()
        secret = text.partition("secrets: [")[2].partition("]")[0]
        signed = sign_standard_webhook(f"msg_{number}", int(time.time()), body, secret)
        url = f"{self.running.instance.url}/hooks/website?email={PERSON['email']}"
        answer = httpx.post(url, content=body, headers={**signed, **headers}, timeout=30)
        assert answer.status_code == 202
        return str(answer.json()["lead"])

    def notified(self) -> tuple[str, str]:
        """Trace and span that the rep was told of, once they were."""
        _until(lambda: len(self.collector.calls) > 0)
        _, trace, span, flags = self.collector.calls[0]["traceparent"].split("-")
        assert flags == "01"
        return trace, span


@pytest.fixture
def traced(tmp_path: Path, collector: Collector) -> Iterator[Traced]:
    data = tmp_path / "data"
    data.mkdir()
    roster = f"person,name,teams,notify\n{REP},Rui,inside,{collector.url}/rui?token=geheim\n"
    (data / "roster.csv").write_text(roster)
    running = start(
        data,
        BATON_ALLOW_PRIVATE_DESTINATIONS="true",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="50",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
    )
    yield Traced(running, collector)
    running.stop(signal.SIGKILL)


def _until(holds: Callable[[], bool], timeout_s: float = 60.0) -> None:
    ends_at = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < ends_at, "it did not come"
        time.sleep(0.05)


def _way_up(spans: dict[str, Exported], span: str) -> list[Exported]:
    """From a span to the root of its tree."""
    way = [spans[span]]
    while way[-1].parent in spans:
        way.append(spans[way[-1].parent])
    return way


def test_one_tree_goes_from_the_webhook_to_the_notification(traced: Traced) -> None:
    lead = traced.post(1)
    trace, call = traced.notified()
    traced.running.stop()
    spans = traced.collector.of_trace(trace)
    way = _way_up(spans, call)
    assert [span.name for span in way] == [
        "POST",
        "process baton.scoring",
        "process baton.ingest",
        "POST /hooks/{source}",
    ]
    assert [span.kind for span in way] == [CLIENT, CONSUMER, CONSUMER, SERVER]
    roots = [span for span in spans.values() if span.parent not in spans]
    assert roots == [way[-1]], "every other span has a parent that is there"
    assert {"commit", "send baton.ingest", "send baton.scoring"} <= {span.name for span in spans.values()}
    assert {span.attributes["baton.lead"] for span in spans.values() if span is not way[-1]} == {lead}
    assert {span.attributes["service.name"] for span in spans.values()} == {"baton"}
    assert {span.attributes["deployment.environment.name"] for span in spans.values()} == {"test"}
    assert len(traced.collector.spans) == len({(span.trace, span.id) for span in traced.collector.spans})


def test_a_step_takes_place_within_what_it_says_it_does(traced: Traced) -> None:
    traced.post(1)
    trace, call = traced.notified()
    traced.running.stop()
    spans = traced.collector.of_trace(trace)
    assert all(span.began <= span.ended for span in spans.values())
    assert all(span.began >= spans[span.parent].began for span in spans.values() if span.parent in spans)
    client = spans[call].attributes
    assert client["http.response.status_code"] == 200
    assert (client["server.address"], client["http.request.method"]) == ("127.0.0.1", "POST")
    handled = next(span for span in spans.values() if span.name == "process baton.scoring").attributes
    assert (handled["messaging.system"], handled["messaging.destination.name"]) == ("sqlite", "baton.scoring")


def test_the_senders_trace_goes_on_below_the_senders_span(traced: Traced) -> None:
    traced.post(1, traceparent=SENDER)
    trace, call = traced.notified()
    traced.running.stop()
    assert trace == SENDER.split("-")[1]
    way = _way_up(traced.collector.of_trace(trace), call)
    assert (way[-1].name, way[-1].parent) == ("POST /hooks/{source}", SENDER.split("-")[2])


def test_a_sender_who_does_not_sample_gets_no_spans(traced: Traced) -> None:
    traced.post(1, traceparent=SENDER[:-2] + "00")
    _until(lambda: len(traced.collector.calls) > 0)
    traced.running.stop()
    assert traced.collector.of_trace(SENDER.split("-")[1]) == {}
    assert traced.collector.calls[0]["traceparent"].startswith(SENDER[:35])


def test_nothing_personal_is_in_any_span(traced: Traced) -> None:
    lead = traced.post(1)
    traced.notified()
    traced.running.call("GET", "/v1/leads", params={"email": PERSON["email"]})
    traced.running.call("GET", f"/v1/leads/{lead}")
    traced.running.call("POST", f"/v1/roster/{REP}/leave")
    traced.running.stop()
    said = " ".join(
        f"{span.name} {value}" for span in traced.collector.spans for value in span.attributes.values()
    ).lower()
    assert "/v1/roster/{person}/leave" in said
    personal = [str(value).lower() for value in PERSON.values() if value not in (450, "granted")]
    assert [word for word in [*personal, REP, "rui", "geheim", "ana.souza"] if word in said] == []


SENDING = (
    "opentelemetry.sdk",
    "opentelemetry.exporter",
    "opentelemetry.proto",
    "google.protobuf",
    "requests",
)
"""What the extra brings. The API alone, which does nothing by itself, comes with FastAPI."""


@pytest.mark.parametrize(
    "told", [{}, {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}]
)
def test_unless_asked_nothing_of_it_is_imported(told: dict[str, str]) -> None:
    script = (
        "import sys, deploy.run, deploy.tracing\n"
        "with deploy.tracing.traced(None, 'app') as app: assert app == 'app'\n"
        f"print([name for name in sys.modules if name.startswith({SENDING})])"
    )
    clean = {name: value for name, value in environment().items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=clean | told, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_an_endpoint_without_the_extra_refuses_to_start_and_says_what_to_install(tmp_path: Path) -> None:
    # As on a machine without the extra: what it brings can not be imported.
    absent = f"import sys\nsys.modules.update(dict.fromkeys({SENDING}))\n"
    (tmp_path / "sitecustomize.py").write_text(absent)
    refused = baton(
        "run",
        "--data",
        str(tmp_path / "data"),
        "--port",
        "0",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        PYTHONPATH=str(tmp_path),
    )
    assert refused.returncode == 2
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is set" in refused.stderr
    assert "pip install 'baton[traces]'" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "OTEL_EXPORTER_OTLP_ENDPOINT: "),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "99999", "max_export_batch_size must be"),
    ],
)
def test_a_variable_that_can_not_be_read_is_named(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", variable: value}
    refused = baton("run", "--data", str(tmp_path / "data"), "--port", "0", **told)
    assert refused.returncode == 2
    assert "OTEL_" in refused.stderr
    assert said in refused.stderr


def test_a_collector_that_is_not_there_holds_up_nothing(tmp_path: Path) -> None:
    running = start(tmp_path / "data", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    lead = Traced(running, Collector()).post(1)
    running.wait_until(f"/v1/leads/{lead}/owner", lambda owner: owner["holder"]["kind"] != "intake")
    assert running.stop() < 10
    assert running.process.returncode == 0
