"""A setting that could only fail later is refused at the start, by its name, with what to write."""

import os
from pathlib import Path

import pytest

from deploy.configuration import lacking, read_all_settings
from deploy.problems import CannotStart
from shared.runtime.written import DAYS_MAX


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BATON_")]:
        monkeypatch.delenv(name)


def refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    monkeypatch.setenv(name, value)
    with pytest.raises(CannotStart) as said:
        read_all_settings()
    return str(said.value)


@pytest.mark.parametrize(
    "name",
    [
        "BATON_INBOX_KEEP_DAYS",
        "BATON_TOPIC_KEPT_DAYS",
        "BATON_INGEST_BODIES_KEPT_DAYS",
        "BATON_INGEST_HISTORY_DAYS",
        "BATON_SCORING_HISTORY_DAYS",
        "BATON_ROUTING_HISTORY_DAYS",
    ],
)
def test_days_for_which_there_is_no_date_are_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    said = refused(monkeypatch, name, "1000000")
    assert name in said
    assert str(DAYS_MAX) in said
    monkeypatch.setenv(name, str(DAYS_MAX))
    read_all_settings()


@pytest.mark.parametrize("name", ["BATON_ROUTING_NOTIFY_SECRET", "BATON_ROUTING_CRM_SECRET"])
def test_a_secret_with_which_nothing_could_be_signed_is_refused_and_not_quoted(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    said = refused(monkeypatch, name, "whsec_AAAA")
    assert f"{name}: " in said
    assert "use at least 24 random bytes" in said
    assert "AAAA" not in said


@pytest.mark.parametrize("name", ["BATON_AGREEMENT", "BATON_KEYS", "BATON_INGEST_SOURCES"])
def test_a_path_of_nothing_is_not_the_folder_that_one_is_in(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert f"{name}: expected a path" in refused(monkeypatch, name, "")


@pytest.mark.parametrize("name", [" ", "é", "scoring/1", "a" * 250])
def test_a_name_that_kafka_does_not_take_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert "BATON_MEMBER: expected a name of letters" in refused(monkeypatch, "BATON_MEMBER", name)


def test_a_file_that_is_not_there_is_named_with_its_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BATON_AGREEMENT", "none.yaml")
    monkeypatch.setenv("BATON_INGEST_SOURCES", str(tmp_path / "none.yaml"))
    settings = read_all_settings()
    agreement, sources = lacking(settings, ["ingest"])
    assert agreement.startswith("BATON_AGREEMENT: none.yaml is not there; it names an agreement")
    assert sources.startswith("BATON_INGEST_SOURCES: ")
    assert list(lacking(settings, ["scoring"])) == [agreement]
    monkeypatch.setenv("BATON_AGREEMENT", "config/*.yaml")
    assert list(lacking(read_all_settings(), ["scoring"])) == [], (
        "what a pattern finds is said by who reads it"
    )
