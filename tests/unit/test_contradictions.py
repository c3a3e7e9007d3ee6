"""Settings that do not go together are named in a sentence; those that do are not."""

import os

import pytest

from deploy.configuration import read_all_settings
from deploy.contradictions import contradictions
from deploy.problems import CannotStart

KAFKA: dict[str, object] = {"bus_url": "kafka://127.0.0.1:9092"}
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LINKS: dict[str, object] = {"public_url": "https://b.example", "link_secrets": WHSEC}
MAIL: dict[str, object] = {"smtp_host": "mail.example", "smtp_from": "b@acme.example"}
LOGIN: dict[str, object] = {"smtp_user": "b", "smtp_password": "p"}
CRM: dict[str, object] = {"crm_url": "https://crm.example", "crm_secret": WHSEC}

Given = dict[str, dict[str, object]]


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BATON_")]:
        monkeypatch.delenv(name)


def found(service: str | None = None, **given: dict[str, object]) -> list[str]:
    return contradictions(read_all_settings(given), service)


def tool(url: str) -> dict[str, object]:
    return {"destinations": {"nurture": {"url": url, "secret": WHSEC}}}


@pytest.mark.parametrize(
    "good",
    [
        {},
        {"process": KAFKA},
        {"process": KAFKA | {"member": "a", "bus_cluster_id": "b"}},
        {"process": KAFKA | {"topic_copies": 3, "topic_copies_in_sync": 2}},
        {"recycle": tool("https://nurture.example")},
        {"recycle": tool("https://8.8.8.8/x")},
        {"recycle": tool("http://127.0.0.1:1"), "process": {"allow_private_destinations": True}},
        {"recycle": {"audit_grace_s": 3}},
        {"routing": LINKS | MAIL | CRM},
        {"routing": {"public_url": "http://localhost:8000", "link_secrets": f"{WHSEC} {WHSEC}"}},
        {"routing": CRM | {"crm_url": "http://127.0.0.1:1"}, "process": {"allow_private_destinations": True}},
    ],
)
def test_what_goes_together_is_not_mentioned(good: Given) -> None:
    assert found(**good) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"process": {"member": "a"}}, "BATON_MEMBER is for Kafka"),
        ({"process": {"bus_cluster_id": "a"}}, "BATON_BUS_CLUSTER_ID is for Kafka"),
        ({"process": {"bus_tls": True}}, "BATON_BUS_TLS is for Kafka"),
        ({"process": {"bus_user": "b", "bus_password": "p"}}, "BATON_BUS_USER is for Kafka"),
        ({"process": KAFKA | {"topic_kept_days": 14}}, "BATON_TOPIC_KEPT_DAYS (14) is not less than"),
        ({"process": KAFKA, "runtime": {"inbox_keep_days": 7}}, "BATON_INBOX_KEEP_DAYS (7)"),
        ({"process": KAFKA | {"topic_copies_in_sync": 2}}, "Kafka would take no event at all"),
        ({"process": KAFKA | {"topic_copies": 3}}, "BATON_TOPIC_COPIES_IN_SYNC is 1"),
        ({"process": KAFKA, "recycle": {"audit_grace_s": 3}}, "will miss owners who are there"),
        ({"recycle": {"audit_again_after_s": 20}}, "asks again before an answer"),
        ({"recycle": tool("http://localhost/x")}, "'nurture' is at the private address localhost"),
        ({"recycle": tool("http://10.0.0.7:80/x")}, "private address 10.0.0.7"),
        ({"recycle": {"destinations": {"a": {"url": "https://a.example"}}}}, "'a' has no secret"),
        ({"routing": {"public_url": "https://b.example"}}, "messages have no links"),
        ({"routing": LINKS | {"public_url": "http://b.example"}}, "is not https"),
        ({"routing": LINKS | {"link_hours": 48}, "runtime": {"inbox_keep_days": 2}}, "could be used again"),
        ({"routing": {"slack_token": "xoxp-1"}}, "is not a bot's"),
        ({"routing": {"smtp_from": "b@acme.example"}}, "BATON_ROUTING_SMTP_HOST is not: no mail is sent"),
        ({"routing": {"smtp_host": "mail.example"}}, "BATON_ROUTING_SMTP_FROM is not: no mail is sent"),
        ({"routing": MAIL | {"smtp_user": "b"}}, "set both, or none"),
        ({"routing": MAIL | LOGIN | {"smtp_tls": "none"}}, "the password goes over the line as it is"),
        ({"routing": {"crm_secret": WHSEC}}, "no CRM is told anything"),
        ({"routing": {"crm_url": "https://crm.example"}}, "can not know who calls"),
        ({"routing": CRM | {"crm_url": "http://10.0.0.7"}}, "never be called"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(wrong: Given, said: str) -> None:
    (sentence,) = found(**wrong)
    assert said in sentence


def test_a_bus_in_a_file_is_no_bus_between_processes() -> None:
    (sentence,) = found("scoring")
    assert "no other service hears it" in sentence
    assert found("scoring", process=KAFKA) == []


def test_only_the_service_that_is_served_is_looked_at() -> None:
    wrong: Given = {"process": KAFKA, "recycle": tool("http://localhost/x")}
    assert len(found("recycle", **wrong)) == 1
    assert found("routing", **wrong) == []


def test_a_secret_that_could_be_guessed_signs_no_link_and_is_not_quoted() -> None:
    said = r"BATON_ROUTING_LINK_SECRETS: .*number 2 .*use at least 24 random bytes"
    with pytest.raises(CannotStart, match=said) as refused:
        found(routing=LINKS | {"link_secrets": f"{WHSEC} whsec_AAAA"})
    assert "AAAA" not in str(refused.value)
