"""The generated documents: what has drifted is named, with the command that mends it."""

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy import generate, pages
from deploy.generate import Document, drifts, write
from deploy.glossary import GLOSSARY
from shared.contracts import ALL

NEW = Document("docs/openapi/routing.json", "{}\n", "make docs-generated")


class Loudness(StrEnum):
    QUIET = "quiet"


class Settings(BaseSettings):
    """Settings of every shape that a service may have."""

    model_config = SettingsConfigDict(env_prefix="BATON_SAMPLE_")

    database_url: str = Field(default="sqlite:///sample.db", description="Where the tables are.")
    folder: Path = Field(default=Path("data"), description="Where files are.")
    inline: bool = Field(default=False, description="Whether to stay in one thread.")
    loudness: Loudness = Field(default=Loudness.QUIET, description="How much to say.")
    tools: dict[str, int] = Field(default_factory=lambda: {"mautic": 2}, description="Tools by name.")
    wait: timedelta = Field(default=timedelta(seconds=90), description="How long to wait.")
    extra: str | None = Field(default=None, description="Nothing, or something.")
    password: SecretStr = Field(default=SecretStr("hush"), description="Never shown.")
    secret_file: Path = Field(description="Must be named.")


# ---- drift


def test_a_missing_document_is_named_with_what_mends_it(tmp_path: Path) -> None:
    assert [str(drift) for drift in drifts([NEW], tmp_path)] == [
        "docs/openapi/routing.json: is missing; run `make docs-generated`"
    ]


def test_a_document_that_drifted_is_named_and_written_again(tmp_path: Path) -> None:
    assert write(NEW, tmp_path)
    assert list(drifts([NEW], tmp_path)) == []
    (tmp_path / NEW.path).write_text("{} \n")
    assert [drift.problem for drift in drifts([NEW], tmp_path)] == ["is not what the code says"]
    assert write(NEW, tmp_path)
    assert (tmp_path / NEW.path).read_text() == NEW.text


def test_what_is_current_is_left_alone(tmp_path: Path) -> None:
    assert write(NEW, tmp_path)
    assert not write(NEW, tmp_path)


@pytest.mark.parametrize(
    "path", ["docs/openapi/console.json", "shared/contracts/published/lead.invented.v1/schema.json"]
)
def test_what_nothing_writes_any_more_is_named(path: str, tmp_path: Path) -> None:
    write(Document(path, "{}\n", ""), tmp_path)
    write(NEW, tmp_path)
    assert [drift.path for drift in drifts([NEW], tmp_path)] == [path]


def test_a_check_fails_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "documents", lambda: iter([NEW]))
    assert generate.main(["--check"], tmp_path) == 1
    assert "docs/openapi/routing.json: is missing; run `make docs-generated`" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert generate.main([], tmp_path) == 0
    assert generate.main(["--check"], tmp_path) == 0


def test_a_module_that_is_not_there_yet_is_passed_over() -> None:
    assert generate.module_of("services.nobody.settings") is None
    assert generate.module_of("shared.nothing") is None


@pytest.mark.parametrize("broken", ["__init__.py", "settings.py"])
def test_a_module_that_cannot_be_imported_is_not(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / f"half_done_{broken[:4].strip('_')}"
    package.mkdir()
    (package / "settings.py").touch()
    (package / broken).write_text("import a_package_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_not_there"):
        generate.module_of(f"{package.name}.settings")


# ---- .env.example


def test_a_setting_is_shown_with_its_default_and_its_reason() -> None:
    lines = list(generate.settings_in_lines(Settings))
    assert lines[lines.index("# Whether to stay in one thread.") + 1] == "# BATON_SAMPLE_INLINE=false"
    assert {line for line in lines if "BATON_SAMPLE_" in line and "=" in line} == {
        "# BATON_SAMPLE_DATABASE_URL=sqlite:///sample.db",
        "# BATON_SAMPLE_FOLDER=data",
        "# BATON_SAMPLE_INLINE=false",
        "# BATON_SAMPLE_LOUDNESS=quiet",
        '# BATON_SAMPLE_TOOLS={"mautic": 2}',
        "# BATON_SAMPLE_WAIT=PT1M30S",
        "# BATON_SAMPLE_EXTRA=",
        "# BATON_SAMPLE_PASSWORD=",
        "BATON_SAMPLE_SECRET_FILE=",
    }


def test_what_is_shown_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in generate.settings_in_lines(Settings):
        variable, equals, value = line.removeprefix("# ").partition("=")
        if equals and value:
            monkeypatch.setenv(variable, value)
    monkeypatch.setenv("BATON_SAMPLE_SECRET_FILE", "secret.txt")
    read, built = Settings(), Settings.model_construct(secret_file=Path("secret.txt"))
    assert read == built


def test_a_setting_that_says_nothing_is_refused() -> None:
    class Mute(BaseSettings):
        port: int = 8000

    with pytest.raises(ValueError, match="say what port is for"):
        list(generate.settings_in_lines(Mute))


# ---- pages


def test_the_page_of_events_names_every_contract_and_every_field() -> None:
    page = pages.events()
    rows = {line.split("|")[1].strip(" `"): line for line in page.splitlines() if line.startswith("| `")}
    for contract in ALL:
        row = rows[contract.name()]
        assert [kind for kind in contract.TOUCHES if f"**{kind}**" not in row] == []
        assert [topic for topic in contract.TOPICS if f"`{topic}`" not in row] == []
        fields = set(contract.__struct_encode_fields__) - {"handover"}
        assert [field for field in fields if f"`{field}`: " not in row] == []


def test_every_link_of_the_page_of_events_leads_somewhere() -> None:
    page = pages.events()
    headings = {heading.lower() for heading in re.findall(r"^### (\w+)$", page, flags=re.MULTILINE)}
    assert set(re.findall(r"\(#(\w+)\)", page)) <= headings
    assert "snapshot" in headings


def test_the_glossary_explains_every_word() -> None:
    page = pages.glossary()
    assert [word for word, meaning in GLOSSARY if f"| **{word}** | {meaning} |" not in page] == []


def test_a_table_has_the_same_cells_in_every_row() -> None:
    assert pages.sentence("either | or,\n\n    on one line") == r"either \| or, on one line"
    for page in (pages.events(), pages.glossary()):
        for table in re.findall(r"(?:^\|.*\|\n)+", page, flags=re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


# ---- OpenAPI


def test_a_router_is_described_without_running_its_service() -> None:
    described = generate.openapi("scoring")
    assert described is not None
    assert "/v1/leads/{lead}/score" in described["paths"]
    assert "/readyz" in described["paths"]


def test_a_service_that_is_not_there_is_not_described() -> None:
    assert generate.openapi("nobody") is None
