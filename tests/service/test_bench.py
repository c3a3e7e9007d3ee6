"""Every benchmark runs: a small size of each, for its output, never for its figures."""

import pytest

from bench import services


@pytest.mark.sqlite
def test_the_cost_of_services_is_shown_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    services.main(["--sqlite", "--leads", "8", "--warm-up", "4", "--batch", "4"])
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown] == [
        "client",
        *(n for s in services.SERVICES for n in (s, s)),
        "all",
    ]
