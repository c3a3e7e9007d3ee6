"""What keeps Baton from starting: a mistake in a file, named with its line and the nearest word."""

from pathlib import Path

import pytest

from deploy.configuration import read_settings
from deploy.embedded import read_folder
from deploy.environment import refuse_unknown_settings
from deploy.folder import Folder
from deploy.problems import CannotStart
from deploy.settings import Settings
from tests.running import baton

pytestmark = pytest.mark.slow

ROSTER = "person,name,teams,weight,languages,notify\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.prepare()
    return made


def problems_of(folder: Folder) -> list[str]:
    with pytest.raises(CannotStart) as refused:
        read_folder(folder)
    return list(refused.value.problems)


def replaced(path: Path, old: str, new: str) -> int:
    """Change a file; returns the line on which it was changed."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def test_a_prepared_folder_is_right(folder: Folder) -> None:
    found = read_folder(folder).configuration
    assert found.agreement.ref == "starter@1"
    assert list(found.sources) == ["website"]
    assert found.settings.routing.notify_secret is not None
    assert [p.role for p in found.ring.principals()] == ["operator", "source"]


def test_a_wrong_word_in_the_agreement_is_named_with_its_line(folder: Folder) -> None:
    line = replaced(folder.agreement, "half_life: 14d", "half_live: 14d")
    assert any(p.startswith(f"{folder.agreement}:{line}:") and "half_life" in p for p in problems_of(folder))


def test_an_unknown_kind_of_source_is_named_with_its_line(folder: Folder) -> None:
    line = replaced(folder.sources, "kind: standard", "kind: standart")
    [problem] = problems_of(folder)
    assert problem.startswith(f"{folder.sources}:{line}: sources.website.kind: expected one")
    assert "did you mean 'standard'?" in problem


def test_an_unknown_field_of_a_source_is_named_with_its_line(folder: Folder) -> None:
    line = replaced(folder.sources, "      company.name:", "      company.nam:")
    [problem] = problems_of(folder)
    assert problem.startswith(f"{folder.sources}:{line}: ")
    assert "did you mean 'company.name'?" in problem


def test_a_source_with_a_weak_secret_is_not_quoted(folder: Folder) -> None:
    text = folder.sources.read_text()
    secret = text[text.index("whsec_") : text.index("]")]
    line = replaced(folder.sources, secret, "whsec_c2hvcnQ=")
    [problem] = problems_of(folder)
    assert problem.startswith(f"{folder.sources}:{line}: ")
    assert "24" in problem
    assert "c2hvcnQ" not in problem


def test_sources_that_are_not_yaml(folder: Folder) -> None:
    folder.sources.write_text("sources:\n  website: {kind: standard\n")
    [problem] = problems_of(folder)
    assert problem.startswith(f"{folder.sources}:")
    assert "not YAML" in problem


def test_a_file_of_destinations_that_says_nothing(folder: Folder) -> None:
    folder.destinations.write_text("# none yet\n")
    [problem] = problems_of(folder)
    assert problem.startswith(f"{folder.destinations}:1:")
    assert "expected the sections reps and destinations" in problem


def test_files_that_are_not_utf8(folder: Folder) -> None:
    folder.sources.write_bytes(folder.sources.read_bytes() + "# für Köln\n".encode("latin-1"))
    folder.link_secrets.write_bytes(b"whsec_\xff\n")
    sources, secrets = sorted(problems_of(folder), key=lambda problem: "link-secrets" in problem)
    assert sources.startswith(f"{folder.sources}:")
    assert "save it as YAML in UTF-8" in sources
    assert secrets.startswith(f"{folder.link_secrets}:1: ")


def test_what_is_no_file_is_named_without_a_number(folder: Folder) -> None:
    for path in (folder.sources, folder.destinations):
        path.unlink()
    folder.sources.mkdir()
    folder.destinations.symlink_to(folder.destinations)
    folder.keys.symlink_to(folder.keys)
    found = problems_of(folder)
    assert f"{folder.sources}: Is a directory; name the file of sources" in found
    assert (
        f"{folder.destinations}: can not be read (Too many levels of symbolic links); name a YAML file"
        in found
    )
    assert any(one.startswith(f"{folder.keys}: can not be read (Too many levels") for one in found)


def test_keys_may_begin_with_a_byte_order_mark(folder: Folder) -> None:
    read_folder(folder)
    folder.keys.write_bytes(b"\xef\xbb\xbf" + folder.keys.read_bytes())
    assert [one.role for one in read_folder(folder).configuration.ring.principals()] == ["operator", "source"]


def test_settings_that_the_folder_comes_before_are_told(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_BUS_URL", "kafka://broker:9092")
    monkeypatch.setenv("BATON_INGEST_DATABASE_URL", "postgresql+psycopg://u@db/x")
    monkeypatch.setenv("BATON_PORT", "0")
    warnings = read_folder(folder, {"port": 0}).warnings()
    assert [one for one in warnings if "is set and not read" in one] == [
        f"{name} is set and not read: `baton run` keeps everything in {folder.path}"
        for name in ("BATON_BUS_URL", "BATON_INGEST_DATABASE_URL")
    ]


def test_a_tool_that_no_destination_is_named_for_is_told(folder: Folder) -> None:
    [told] = [one for one in read_folder(folder).warnings() if "does not name" in one]
    assert told.startswith(
        f"{folder.destinations} does not name 'nurture', to which the agreement delivers (new, keep-warm):"
    )


def test_a_weak_secret_of_links_is_named_by_file_and_line_and_not_quoted(folder: Folder) -> None:
    folder.link_secrets.write_text(folder.link_secrets.read_text() + "whsec_c2hvcnQ=\n")
    [problem] = problems_of(folder)
    assert problem.startswith(f"{folder.link_secrets}:2: the secret holds 5 bytes")
    assert "c2hvcnQ" not in problem


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("destinatons: {}\n", 1, "did you mean 'destinations'?"),
        ("destinations:\n  nurture: {ulr: 'https://x.example'}\n", 2, "did you mean 'url'?"),
        ("destinations:\n  nurture:\n    url: nurture.example\n", 3, "expected an address such as https://"),
        ("reps: {secret: whsec_c2hvcnQ=}\n", 1, "reps.secret: it holds 5 bytes"),
        ("destinations: [nurture]\n", 1, "expected names, each with its url and secret"),
    ],
)
def test_a_mistake_in_destinations_is_named_with_its_line(
    folder: Folder, text: str, line: int, said: str
) -> None:
    folder.destinations.write_text(text)
    found = problems_of(folder)
    assert any(p.startswith(f"{folder.destinations}:{line}: ") and said in p for p in found), found


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f"{ROSTER}ana@acme.example,Ana,insid,,,\n", 2, "did you mean 'inside'?"),
        (f"# us\n{ROSTER}\nana,Ana,inside,,,\n", 4, "expected a work e-mail address, found 'ana'"),
        (f"{ROSTER}ana@acme.example,Ana,inside,x,,\n", 2, "expected a whole number"),
        (f"{ROSTER}ana@acme.example,Ana,inside,1,en,es,https://x.example\n", 2, "semicolon"),
        ("who,name\n", 1, "expected the column names person,"),
        ("person;name;teams\n", 1, "expected commas between the columns, found 'person;name;teams'"),
        ("name,person,teams,Name\n", 1, "the column 'name' is there more than once; keep one of them"),
        ("# us\nperson,nmae\nana@acme.example,Ana\n", 2, "did you mean 'name'?"),
    ],
)
def test_a_mistake_in_a_roster_is_named_with_its_line(
    folder: Folder, text: str, line: int, said: str
) -> None:
    folder.roster.write_text(text)
    found = problems_of(folder)
    assert any(p.startswith(f"{folder.roster}:{line}: ") and said in p for p in found), found


def test_a_line_of_a_roster_that_can_not_be_read_hides_no_other(folder: Folder) -> None:
    folder.roster.write_text("person,nmae,teams\nana@acme.example,Ana,inside,x\nbo,Bo,insid\n")
    found = [problem for problem in problems_of(folder) if problem.startswith(str(folder.roster))]
    assert [problem.split(":")[1] for problem in found] == ["1", "2", "3", "3"]


def keys_with(role: str) -> str:
    return (
        '{"keys": [\n  {"id": "a", "name": "Ana", "role": "operator", "person": null, "hash": "0"},\n'
        f'  {{"id": "b", "name": "Bo", "role": "{role}", "person": null, "hash": "0"}}\n]}}\n'
    )


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('{"keys": [\n  {"id": "a",\n', 3, "not JSON"),
        (keys_with("operater"), 3, "did you mean 'operator'?"),
        (keys_with("rep"), 3, "a rep's key names its person"),
        ('{"keys": [{"id": "a", "role": "rep"}]}', 1, "no name and no hash"),
        ("[]", 1, "restore the file"),
    ],
)
def test_a_mistake_in_the_keys_is_named_with_its_line(
    folder: Folder, text: str, line: int, said: str
) -> None:
    folder.keys.write_text(text)
    found = problems_of(folder)
    assert any(p.startswith(f"{folder.keys}:{line}: ") and said in p for p in found), found


def test_every_mistake_is_said_at_once(folder: Folder) -> None:
    replaced(folder.sources, "kind: standard", "kind: standart")
    folder.roster.write_text(f"{ROSTER}ana,Ana,inside,,,\n")
    folder.keys.write_text("[]")
    assert len(problems_of(folder)) == 3


def test_a_setting_of_the_wrong_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_PORT", "http")
    with pytest.raises(CannotStart, match="BATON_PORT: expected a whole number; found 'http'"):
        read_settings(Settings)


def test_a_setting_that_nobody_reads_is_named() -> None:
    refused = baton("run", "--data", "unused", BATON_RECYCLE_AUDIT_GRACE="3")
    assert refused.returncode == 2
    assert "BATON_RECYCLE_AUDIT_GRACE: " in refused.stderr
    assert "did you mean 'BATON_RECYCLE_AUDIT_GRACE_S'?" in refused.stderr
    refuse_unknown_settings({"BATON_PORT": "1", "BATON_DATA": "x", "BATON_TEST_KAFKA": "y", "PATH": "z"})


def test_what_is_in_the_way_of_a_file_is_named(folder: Folder) -> None:
    folder.own_keys.mkdir()
    refused = baton("run", "--data", str(folder.path), "--port", "0")
    assert refused.returncode == 2
    assert f"{folder.own_keys}: Is a directory; put it right" in refused.stderr


def test_what_can_not_be_a_data_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = baton("run", "--data", str(tmp_path / "file"))
    assert answer.returncode == 2
    assert f"{tmp_path / 'file'} can not be the data folder: file exists; choose another" in answer.stderr


def test_a_new_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    with Folder(tmp_path / "data").lock():
        assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_the_command_says_it_in_a_sentence_and_ends_with_2(folder: Folder) -> None:
    folder.keys.write_text(keys_with("operater"))
    refused = baton("run", "--data", str(folder.path), "--port", "0")
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"baton: can not start: {folder.keys}:3: ")
    assert "Traceback" not in refused.stderr
    assert not (folder.path / "instance.json").exists()


def test_an_invalid_agreement_does_not_take_the_place_of_a_good_one(folder: Folder, tmp_path: Path) -> None:
    good = folder.agreement.read_text()
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.replace("half_life", "half_live"))
    refused = baton("run", "--data", str(folder.path), "--port", "0", "--agreement", str(bad))
    assert refused.returncode == 2
    assert f"{bad}:" in refused.stderr
    assert folder.agreement.read_text() == good
