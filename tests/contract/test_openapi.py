"""The documents of docs/openapi say what is answered, errors too."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from deploy.processes import SERVICES
from tests.starting import ROOT

PAGES: Final = (*SERVICES, "operator")
FOR_EVERYBODY: Final = ("/healthz", "/readyz", "/hooks/{source}", "/a/{token}")
"""What needs no key of ours."""


def operations(page: str) -> Iterator[tuple[str, dict[str, Any]]]:
    document = json.loads((ROOT / "docs" / "openapi" / f"{page}.json").read_text(encoding="utf-8"))
    assert "Problem" in document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


@pytest.mark.parametrize("page", PAGES)
def test_what_needs_a_key_says_how_it_is_refused(page: str) -> None:
    with_key = [one for one in operations(page) if not one[0].endswith(FOR_EVERYBODY)]
    assert with_key
    for name, operation in with_key:
        lacking = {"401", "403", "422", "503"} - operation["responses"].keys()
        assert not lacking, f"{name} does not say {lacking}"


@pytest.mark.parametrize("page", PAGES)
def test_every_error_that_is_told_is_a_problem(page: str) -> None:
    for name, operation in operations(page):
        if not name.endswith(("/readyz", "/a/{token}")):  # What failed; pages for people.
            errors = {status: told for status, told in operation["responses"].items() if status >= "4"}
            kinds = {kind for told in errors.values() for kind in told["content"]}
            assert kinds <= {"application/problem+json"}, name
