"""docker-compose.yml and the Dockerfile run what is declared, which is what the tests start by hand."""

import os
import re
import shutil
import subprocess
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from deploy.processes import HEALTHCHECK, PROCESSES, STEPS, Runnable
from deploy.serving import STOP_S
from tests.tidy import tree

COMPOSE: Final[dict[str, Any]] = YAML(typ="safe").load(tree.read(tree.ROOT / "docker-compose.yml"))
SERVICES: Final[dict[str, Any]] = COMPOSE["services"]
DOCKERFILE: Final = tree.read(tree.ROOT / "deploy" / "Dockerfile")
OURS: Final = (*STEPS, *PROCESSES.values())
OTHERS: Final[dict[str, Any]] = {"path": "./config/baton.env", "required": False}
SETTINGS: Final = set(
    re.findall(r"^(?:# )?(BATON_[A-Z_]+)=", tree.read(tree.ROOT / ".env.example"), re.MULTILINE)
)


@pytest.mark.parametrize("ours", OURS, ids=lambda one: one.name)
def test_each_process_has_the_command_and_the_settings_that_are_declared(ours: Runnable) -> None:
    declared = SERVICES[ours.name]
    assert tuple(declared["command"]) == ours.arguments
    assert sorted(declared["environment"]) == sorted(ours.needs)


def test_each_process_is_told_what_else_is_set() -> None:
    assert {ours.name for ours in OURS if SERVICES[ours.name]["env_file"] != [OTHERS]} == set()
    assert OTHERS["path"].removeprefix("./") in tree.read(tree.ROOT / "docs" / "operations.md")


def test_every_setting_is_one_of_the_examples() -> None:
    named = {name for one in SERVICES.values() for name in one.get("environment", {}) if "BATON" in name}
    named |= set(re.findall(r"\b(BATON_[A-Z_]+)=", DOCKERFILE))
    assert named <= SETTINGS


@pytest.mark.parametrize("name", PROCESSES)
def test_a_service_comes_after_the_steps_is_looked_at_and_has_time_to_end(name: str) -> None:
    declared = SERVICES[name]
    wanted = {step.name: {"condition": "service_completed_successfully"} for step in STEPS}
    assert declared["depends_on"] == wanted
    assert declared["healthcheck"]["test"] == ["CMD", *HEALTHCHECK]
    assert int(declared["stop_grace_period"].removesuffix("s")) > STOP_S
    assert declared["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", PROCESSES)
def test_a_service_is_where_it_was_after_each_start_unless_a_range_is_asked_for(name: str) -> None:
    port = SERVICES[name]["environment"]["BATON_PORT"]
    (published,) = SERVICES[name]["ports"]
    assert re.fullmatch(rf"127\.0\.0\.1:\${{{name.upper()}_PORTS:-\d+}}:{port}", published)


def test_prometheus_scrapes_every_service_where_it_listens() -> None:
    scraped = YAML(typ="safe").load(tree.read(tree.ROOT / "deploy" / "prometheus" / "prometheus.yml"))
    (found,) = scraped["scrape_configs"][0]["dns_sd_configs"]
    assert found["names"] == list(PROCESSES)
    assert {SERVICES[name]["environment"]["BATON_PORT"] for name in PROCESSES} == {str(found["port"])}


def test_prometheus_is_given_the_alerts_that_it_is_told_to_read() -> None:
    told = YAML(typ="safe").load(tree.read(tree.ROOT / "deploy" / "prometheus" / "prometheus.yml"))
    for path in told["rule_files"]:
        ours = f"deploy/prometheus/{path.rpartition('/')[2]}"
        assert (tree.ROOT / ours).is_file()
        assert f"./{ours}:{path}:ro" in SERVICES["prometheus"]["volumes"]


def test_prometheus_has_the_key_that_the_figures_need() -> None:
    scraped = YAML(typ="safe").load(tree.read(tree.ROOT / "deploy" / "prometheus" / "prometheus.yml"))
    key = scraped["scrape_configs"][0]["authorization"]["credentials_file"]
    assert f"./config/prometheus.key:{key}:ro" in COMPOSE["services"]["prometheus"]["volumes"]
    assert "--file config/keys.json > config/prometheus.key" in tree.read(
        tree.ROOT / "docs" / "operations.md"
    )


def test_the_image_runs_what_is_pinned_as_nobody_special() -> None:
    check = ", ".join(f'"{word}"' for word in HEALTHCHECK)
    assert f"CMD [{check}]" in DOCKERFILE
    assert "--require-hashes --no-deps -r ${LOCK}" in DOCKERFILE
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.MULTILINE)
    assert 'ENTRYPOINT ["baton"]' in DOCKERFILE
    assert {SERVICES[one.name]["build"]["dockerfile"] for one in OURS} == {"deploy/Dockerfile"}


def test_the_image_is_made_of_all_that_is_needed() -> None:
    allowed = {
        line[1:] for line in tree.read(tree.ROOT / ".dockerignore").splitlines() if line.startswith("!")
    }
    assert allowed >= {"agreements", "deploy", "services", "shared", "pyproject.toml", "requirements.lock"}
    assert [name for name in allowed if not (tree.ROOT / name).exists()] == []


def test_docker_reads_it_as_we_do() -> None:
    docker = shutil.which("docker")
    plugged = docker and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0
    if not docker or not plugged:
        pytest.skip(
            "no docker with its plug-in compose here: the file is only parsed, not read by docker itself"
        )
    done = subprocess.run(
        [docker, "compose", "config", "--quiet"],
        cwd=tree.ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_an_image_is_made_of_either_lock() -> None:
    (default,) = re.findall(r"^ARG LOCK=(\S+)$", DOCKERFILE, re.MULTILINE)
    copied = tree.read(tree.ROOT / ".dockerignore").splitlines()
    assert {f"!{default}", "!requirements-traces.lock"} <= set(copied)
    (given,) = {SERVICES[one.name]["build"]["args"]["LOCK"] for one in OURS}
    assert given == f"${{LOCK:-{default}}}"
