"""What brokers ask for is checked at the start: a sentence for each thing that is wrong, by its setting."""

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from deploy.access import access_of
from deploy.configuration import read_all_settings
from deploy.contradictions import contradictions
from deploy.problems import CannotStart
from deploy.settings import Settings
from shared.bus.kafka_access import OPEN, Access


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates, as a colleague would put them there."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    ours, other = authority.issue_cert("baton@acme.example"), authority.issue_cert("other@acme.example")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    ours.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    ours.private_key_pem.write_to_path(folder / "key.pem")
    ours.private_key_and_cert_chain_pem.write_to_path(folder / "both.pem")
    other.private_key_pem.write_to_path(folder / "other.pem")
    key = load_pem_private_key(ours.private_key_pem.bytes(), None)
    hidden = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"geheim"))
    (folder / "hidden.pem").write_bytes(hidden)
    (folder / "notes.txt").write_text("not a certificate")
    return folder


def test_nothing_is_shown_unless_somebody_asks() -> None:
    assert access_of(Settings()) == OPEN
    assert OPEN.arguments() == {"security_protocol": "PLAINTEXT"}


@pytest.mark.parametrize(
    "good",
    [
        {"tls": True},
        {"tls": True, "ca_file": "ca.pem"},
        {"tls": True, "cert_file": "both.pem"},
        {"tls": True, "cert_file": "cert.pem", "key_file": "key.pem"},
        {"user": "baton", "password": "geheim"},
    ],
)
def test_what_can_be_used_is_not_mentioned(files: Path, good: dict[str, object]) -> None:
    assert said(files, good) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"user": "baton"}, "BATON_BUS_PASSWORD: is not set, and BATON_BUS_USER is; set both, or none"),
        ({"password": "geheim"}, "BATON_BUS_USER: is not set, and BATON_BUS_PASSWORD is; set both, or none"),
        ({"ca_file": "ca.pem"}, "BATON_BUS_CA_FILE: is for TLS, and BATON_BUS_TLS is false; set it to true"),
        ({"cert_file": "both.pem"}, "BATON_BUS_CERT_FILE: is for TLS, and BATON_BUS_TLS is false"),
        (
            {"tls": True, "key_file": "key.pem"},
            "BATON_BUS_KEY_FILE: is the key of a certificate; set BATON_BUS",
        ),
        ({"tls": True, "ca_file": "gone.pem"}, "gone.pem can not be read: No such file or directory"),
        ({"tls": True, "ca_file": "notes.txt"}, "expected certificates, as PEM and not encrypted"),
        ({"tls": True, "cert_file": "gone.pem"}, "gone.pem can not be read: No such file or directory"),
        (
            {"tls": True, "cert_file": "cert.pem"},
            "cert.pem can not be used; expected a certificate and its key",
        ),
        (
            {"tls": True, "cert_file": "cert.pem", "key_file": "other.pem"},
            "other.pem, can not be used (KEY_VALUES",
        ),
        ({"tls": True, "cert_file": "cert.pem", "key_file": "hidden.pem"}, "as PEM and not encrypted"),
    ],
)
def test_what_can_not_is_said_by_the_name_of_its_setting(
    files: Path, wrong: dict[str, object], sentence: str
) -> None:
    [problem] = said(files, wrong)
    assert sentence in problem
    assert "geheim" not in problem


def said(files: Path, given: dict[str, object]) -> list[str]:
    paths = {name: files / str(value) for name, value in given.items() if name.endswith("_file")}
    return list(Access(**{**given, **paths}).problems())  # type: ignore[arg-type]  # as the case says


def test_a_process_does_not_start_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_BUS_USER", "baton")
    with pytest.raises(CannotStart, match="BATON_BUS_PASSWORD: is not set"):
        access_of(Settings())


def test_a_password_is_not_in_what_is_logged_of_it() -> None:
    assert "geheim" not in repr(Access(user="baton", password="geheim"))
    assert "geheim" not in repr(Settings(bus_password="geheim"))  # type: ignore[arg-type]  # as from outside


def test_whoever_shows_a_password_in_the_open_is_told() -> None:
    login: dict[str, object] = {
        "bus_url": "kafka://kafka:9092",
        "bus_user": "baton",
        "bus_password": "geheim",
    }
    [warning] = contradictions(read_all_settings({"process": login}))
    assert "BATON_BUS_USER is set and BATON_BUS_TLS is false: whoever is on the way can read" in warning
    assert contradictions(read_all_settings({"process": login | {"bus_tls": True}})) == []
