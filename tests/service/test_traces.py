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
from tests.running import Running, baton, start
from tests.starting import ROOT, anew, environment

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

SENDER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOT_SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
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


@dataclass(frozen=True, slots=True)
class Told:
    """A lead that came in, and the header of the call that told its rep."""

    lead: str
    traceparent: str

    @property
    def trace(self) -> str:
        return self.traceparent.split("-")[1]

    @property
    def span(self) -> str:
        return self.traceparent.split("-")[2]


@dataclass(slots=True)
class Traced:
    """A Baton that has ended, and whose spans are in `collector`, which also stood for the rep."""

    collector: Collector
    alone: Told
    sampled: Told
    """Its sender brought SENDER."""
    unsampled: Told
    """Its sender brought NOT_SAMPLED."""


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    with collecting() as collector:
        running = _start(tmp_path_factory.mktemp("traces"), collector)
        try:
            alone = _told(running, collector)
            sampled = _told(running, collector, traceparent=SENDER)
            unsampled = _told(running, collector, traceparent=NOT_SAMPLED)
            running.call("GET", "/v1/leads", params={"email": PERSON["email"]})
            running.call("GET", f"/v1/leads/{alone.lead}")
            running.call("POST", f"/v1/roster/{REP}/leave")
            running.stop()
            yield Traced(collector, alone, sampled, unsampled)
        finally:
            running.stop(signal.SIGKILL)


def _start(data: Path, collector: Collector) -> Running:
    roster = f"person,name,teams,notify\n{REP},Rui,inside,{collector.url}/rui?token=geheim\n"
    (data / "roster.csv").write_text(roster)
    return start(
        data,
        BATON_ALLOW_PRIVATE_DESTINATIONS="true",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="50",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
    )


def _told(running: Running, collector: Collector, **headers: str) -> Told:
    """Post one more lead, and wait until its rep was called."""
    before = len(collector.calls)
    lead = _post(running, before, **headers)
    _until(lambda: len(collector.calls) > before)
    return Told(lead, collector.calls[before]["traceparent"])


def _post(running: Running, number: int, **headers: str) -> str:
    """A signed webhook; returns the lead's id."""
    email = str(PERSON["email"]) if number == 0 else f"p{number}@northwind.example"
    body = json.dumps({"type": "demo_requested", "data": PERSON | {"email": email}}).encode()
    text = (running.data / "sources.yaml").read_text()
    secret = text.partition("secrets: [")[2].partition("]")[0]
    signed = sign_standard_webhook(f"msg_{number}", int(time.time()), body, secret)
    url = f"{running.instance.url}/hooks/website?email={email}"
    answer = httpx.post(url, content=body, headers={**signed, **headers}, timeout=30)
    assert answer.status_code == 202
    return str(answer.json()["lead"])


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
    spans = traced.collector.of_trace(traced.alone.trace)
    way = _way_up(spans, traced.alone.span)
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
    leads = {span.attributes["baton.lead"] for span in spans.values() if span is not way[-1]}
    assert leads == {traced.alone.lead}
    assert {span.attributes["service.name"] for span in spans.values()} == {"baton"}
    assert {span.attributes["deployment.environment.name"] for span in spans.values()} == {"test"}
    assert len(traced.collector.spans) == len({(span.trace, span.id) for span in traced.collector.spans})
    assert traced.alone.traceparent.endswith("-01")


def test_a_step_takes_place_within_what_it_says_it_does(traced: Traced) -> None:
    spans = traced.collector.of_trace(traced.alone.trace)
    assert all(span.began <= span.ended for span in spans.values())
    assert all(span.began >= spans[span.parent].began for span in spans.values() if span.parent in spans)
    client = spans[traced.alone.span].attributes
    assert client["http.response.status_code"] == 200
    assert (client["server.address"], client["http.request.method"]) == ("127.0.0.1", "POST")
    handled = next(span for span in spans.values() if span.name == "process baton.scoring").attributes
    assert (handled["messaging.system"], handled["messaging.destination.name"]) == ("sqlite", "baton.scoring")


def test_the_senders_trace_goes_on_below_the_senders_span(traced: Traced) -> None:
    assert traced.sampled.trace == SENDER.split("-")[1]
    way = _way_up(traced.collector.of_trace(traced.sampled.trace), traced.sampled.span)
    assert (way[-1].name, way[-1].parent) == ("POST /hooks/{source}", SENDER.split("-")[2])


def test_a_sender_who_does_not_sample_gets_no_spans(traced: Traced) -> None:
    assert traced.collector.of_trace(NOT_SAMPLED.split("-")[1]) == {}
    assert traced.unsampled.traceparent.startswith(NOT_SAMPLED[:35])


def test_nothing_personal_is_in_any_span(traced: Traced) -> None:
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
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "PYTHONPATH": str(tmp_path)}
    with anew():
        refused = baton("run", "--data", str(tmp_path / "data"), "--port", "0", **told)
    assert refused.returncode == 2
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is set" in refused.stderr
    assert "pip install --require-hashes --no-deps -r requirements-traces.lock" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "OTEL_EXPORTER_OTLP_ENDPOINT: "),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "99999", "max_export_batch_size must be"),
    ],
)
def test_a_variable_that_can_not_be_used_is_named(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", variable: value}
    refused = baton("run", "--data", str(tmp_path / "data"), "--port", "0", **told)
    assert refused.returncode == 2
    assert "OTEL_" in refused.stderr
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


COMPLAINTS = (
    "value for OTEL_BSP_MAX_QUEUE_SIZE as integer. Defaulting to 2048.",
    "TRACES_SAMPLER_ARG to float. Using default rate 1.0.",
    "resource attribute pair a",
    "name=value occurrences: OTEL_EXPORTER_OTLP_HEADERS",
)


def test_what_the_sdk_takes_otherwise_is_a_warning_in_a_line_each_and_no_secret(tmp_path: Path) -> None:
    running = start(
        tmp_path / "data",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        OTEL_BSP_MAX_QUEUE_SIZE="abc",
        OTEL_TRACES_SAMPLER="parentbased_traceidratio",
        OTEL_RESOURCE_ATTRIBUTES="a,b=c",
        OTEL_EXPORTER_OTLP_HEADERS="geheim",
    )
    running.stop()
    said = (running.data / "log").read_text()
    lines = [json.loads(line) for line in said.splitlines() if "taken otherwise" in line]
    assert {line["level"] for line in lines} == {"warning"}
    assert len(lines) == len(COMPLAINTS)
    for complaint in COMPLAINTS:
        assert sum(complaint in line["why"] for line in lines) == 1, said
    assert "Traceback" not in said
    assert "geheim" not in said


def test_a_collector_that_is_not_there_holds_up_nothing(tmp_path: Path) -> None:
    running = start(tmp_path / "data", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    lead = _post(running, 0)
    running.wait_until(f"/v1/leads/{lead}/owner", lambda owner: owner["holder"]["kind"] != "intake")
    assert running.stop() < 10
    assert running.process.returncode == 0
