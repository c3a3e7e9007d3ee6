"""Brings a Kafka broker to this machine and runs it: `python -m deploy.kafka.broker start | stop | wipe`."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import Final

HERE: Final = Path(__file__).parent
HOME: Final = HERE.parents[1] / ".kafka"
"""Where the jars are, and the data of `make kafka`; git ignores it."""
PORT: Final = 9092
MEMORY: Final = ("-Xms512m", "-Xmx512m")
START_WAIT_S: Final = 120.0
STOP_WAIT_S: Final = 30.0


class BrokerUnavailable(Exception):
    """Kafka can not run here; the message says what to install or where to look."""


class Broker:
    """One Kafka node in `folder`, on loopback. Its data, ports and log stay there over restarts.

    `port`: where clients connect; if not given, a free one is taken once. `java`: more options for it.
    `more`: settings beside those of server.properties, or instead of them. `formatting`: more options for
    what makes its data folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        java: Sequence[str] = (),
        more: Mapping[str, str] = MappingProxyType({}),
        formatting: Sequence[str] = (),
    ) -> None:
        self._folder = folder
        self._pid_file = folder / "broker.pid"
        self._settings = folder / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        self._port, self._java = port, tuple(java)
        self._more, self._formatting = more, tuple(formatting)

    @property
    def address(self) -> str:
        """host:port, as Baton's settings and every Kafka client take it."""
        return (self._folder / "address").read_text()

    @property
    def log(self) -> Path:
        """What the broker had to say."""
        return self._folder / "broker.log"

    @property
    def pid(self) -> int:
        """Its process. Raises BrokerUnavailable while none runs."""
        pid = self._pid()
        if pid is None:
            raise BrokerUnavailable("this broker does not run; start it first")
        return pid

    def start(self) -> None:
        """Return when it accepts connections; if it runs already, at once. Raises BrokerUnavailable."""
        if self._pid() is not None:
            return
        java, jars = _java(), _jars()
        if not self._settings.exists():
            self._make(java, jars)
        self._check_port()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [java, *MEMORY, *self._java, "-cp", f"{jars}/*", "kafka.Kafka", str(self._settings)],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for whoever started it; it is stopped by its id.
            )
        self._pid_file.write_text(str(self._process.pid))
        if not self._accepts():
            self.kill()
            raise BrokerUnavailable(f"Kafka did not start: {self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """End it in order; it writes down what it has."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: it holds its connections and answers nobody."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after a pause."""
        self._signal(signal.SIGCONT)

    def _make(self, java: str, jars: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        port = self._port or _free_port()
        ports = {"port": port, "controller_port": _free_port()}
        text = Template((HERE / "server.properties").read_text()).substitute(
            ports, data=self._folder / "data"
        )
        draft = self._folder / "server.draft"
        draft.write_text("\n".join([text, *(f"{name}={value}" for name, value in self._more.items()), ""]))
        tool = [java, *self._java, "-cp", f"{jars}/*", "kafka.tools.StorageTool", "format", "--standalone"]
        chosen = [f"--cluster-id={_cluster_id()}", "-c", str(draft), *self._formatting]
        made = subprocess.run([*tool, *chosen], capture_output=True, text=True, check=False)
        if made.returncode:
            raise BrokerUnavailable(f"Kafka's data folder could not be made: {made.stderr or made.stdout}")
        (self._folder / "address").write_text(f"127.0.0.1:{port}")
        draft.rename(self._settings)

    def _check_port(self) -> None:
        """Raises BrokerUnavailable if somebody else listens there: who connects would reach that."""
        host, _, port = self.address.partition(":")
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # As Kafka does, after a restart.
            try:
                probe.bind((host, int(port)))
            except OSError as taken:
                raise BrokerUnavailable(
                    f"{self.address} is taken by something else ({taken.strerror}): stop that; or if it is a "
                    f"Kafka that you want, give it to Baton as kafka://{self.address}"
                ) from taken

    def _accepts(self) -> bool:
        host, _, port = self.address.partition(":")
        until = time.monotonic() + START_WAIT_S
        while self._pid() is not None and time.monotonic() < until:
            with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
                return True
            time.sleep(0.05)
        return False

    def _pid(self) -> int | None:
        """Its id while it runs. A number that has come to belong to another program is not ours."""
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        with suppress(OSError, ValueError):
            pid = int(self._pid_file.read_text())
            if str(self._settings).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        return None

    def _signal(self, number: signal.Signals) -> None:
        pid = self._pid()
        if pid is not None:
            os.kill(pid, number)

    def _end(self, how: signal.Signals) -> None:
        self._signal(signal.SIGCONT)  # A paused process hears nothing but this and SIGKILL.
        self._signal(how)
        until = time.monotonic() + STOP_WAIT_S
        while self._pid() is not None:
            if time.monotonic() > until:
                self._signal(signal.SIGKILL)
            time.sleep(0.02)
        self._pid_file.unlink(missing_ok=True)


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise BrokerUnavailable("Java is missing: install Java 17 or newer (Debian: openjdk-17-jre-headless)")
    return java


def _jars() -> Path:
    """The folder with Kafka's jars, fetched once. A changed pom.xml fetches anew."""
    pom = (HERE / "pom.xml").read_bytes()
    jars = HOME / "jars" / uuid.uuid5(uuid.NAMESPACE_OID, pom.hex()).hex[:8]
    if jars.exists():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerUnavailable("Maven is missing: install it (Debian: maven); it fetches Kafka once")
    draft = HOME / "jars" / f"draft-{os.getpid()}"
    fetched = subprocess.run(
        [
            maven,
            "-q",
            "-B",
            "-f",
            str(HERE / "pom.xml"),
            "dependency:copy-dependencies",
            f"-DoutputDirectory={draft}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode:
        raise BrokerUnavailable(f"Maven could not fetch Kafka: {(fetched.stdout + fetched.stderr)[-2000:]}")
    with suppress(OSError):  # Somebody else was faster.
        draft.rename(jars)
    return jars


def _cluster_id() -> str:
    """Kafka's own form of a UUID. It may begin with a dash, so it is no argument of its own."""
    import base64

    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main(what: str) -> None:
    """Start, stop or wipe the broker of this checkout."""
    broker = Broker(HOME / "broker", port=PORT)
    if what == "start":
        broker.start()
        print(f"Kafka listens on {broker.address}; give it to Baton as kafka://{broker.address}")
        return
    broker.stop()
    if what == "wipe":
        shutil.rmtree(HOME / "broker", ignore_errors=True)
    print("Kafka is stopped." if what == "stop" else "Kafka is stopped, and its data are gone.")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except BrokerUnavailable as reason:
        sys.exit(str(reason))
