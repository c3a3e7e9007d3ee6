"""The Baton of the demo: `baton run` in a process and a folder of its own, as anybody would run it."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from deploy.folder import Folder, Instance, NoInstance

ROOT: Final = Path(__file__).parents[2]
AGREEMENT: Final = ROOT / "agreements" / "demo.yaml"
START_S: Final = 30.0
STOP_S: Final = 12.0
SETTINGS: Final = {
    "BATON_ALLOW_PRIVATE_DESTINATIONS": "true",  # Reps and tool of the demo are on this machine.
    "BATON_ROUTING_DIGEST_AFTER": "1000",  # Its seconds stand for hours: nobody is flooded.
    "BATON_RECYCLE_AUDIT_GRACE_S": "3",  # The demo is shorter than the usual grace of the auditor.
}


class DemoFailed(Exception):
    """The demo could not be played."""


@dataclass(slots=True)
class OwnBaton:
    """A Baton that runs for as long as the demo."""

    folder: Folder
    _process: subprocess.Popen[bytes] | None = None
    _log: IO[bytes] | None = None

    async def start(self) -> Instance:
        """Run it, and wait until it answers. Raises DemoFailed."""
        process = self._launch()
        async with asyncio.timeout(START_S):
            while process.poll() is None:
                try:
                    return self.folder.instance()
                except NoInstance:
                    await asyncio.sleep(0.05)
        raise DemoFailed(f"Baton did not start: {self._last_line()}")

    def _launch(self) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
        data = str(self.folder.path)
        command = [sys.executable, "-m", "deploy.command.main", "run", "--data", data, "--port", "0"]
        self._log = self.folder.log.open("ab")
        self._process = subprocess.Popen(
            [*command, "--agreement", str(AGREEMENT)],
            cwd=ROOT,
            env=environment | SETTINGS,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is for the demo, which then stops it in order.
        )
        return self._process

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it in order, and let go."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._log is not None:
            self._log.close()

    def _last_line(self) -> str:
        lines = self.folder.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"
