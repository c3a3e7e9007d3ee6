"""`make` teaches the project, so every target is listed, and no page names a command that is not there."""

import re

from tests.tidy import tree

MAKEFILE = tree.read(tree.ROOT / "Makefile")
LISTED = set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, flags=re.MULTILINE))
PROMISED = {"demo", "setup", "run", "check", "test", "test-fast", "simulate", "mutants", "lock", "clean"}


def test_every_target_says_what_it_does() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))
    assert targets == LISTED
    assert targets >= PROMISED


def test_every_target_is_run_even_if_a_file_has_its_name() -> None:
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, flags=re.MULTILINE)
    assert phony is not None
    assert set(phony[1].replace("\\\n", " ").split()) == LISTED


def test_pages_name_only_targets_that_exist() -> None:
    pages = [path for path in tree.texts() if path.suffix == ".md"]
    named = {
        f"{tree.name(page)}: make {target}"
        for page in pages
        for target in re.findall(r"(?:`|^\s*|&& )make ([a-z][a-z-]*)", tree.read(page), flags=re.MULTILINE)
        if target not in LISTED
    }
    assert named == set()
