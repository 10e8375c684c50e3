# SPDX-License-Identifier: Apache-2.0
"""One Apache Kafka broker (KRaft) on loopback: `python -m tests.servers.kafka start|stop --dir DIR`.

Its jars come from Maven Central, once, into ~/.cache/freshet/kafka; where KAFKA_HOME is set its `libs/` is
used instead.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.pythons.cache import alone
from tests.servers.requirements import MissingServerError, need_command

VERSION = "4.3.1"
START_TIMEOUT = 90.0  # seconds; about 4 on an idle machine
FENCE_TIMEOUT = 30.0  # seconds; about 3 on an idle machine
DEFAULT_DIR = Path(".kafka")
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>freshet</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
"""


class KafkaBroker:
    """A broker in a folder, which may be stopped, killed and started again with its data and ports kept."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        features: Mapping[str, int] | None = None,
        secured: bool = False,
    ) -> None:
        """Prepare the folder; a folder that was used before keeps its ports and data. `features` are levels
        of a new cluster, by name; `secured`: with two listeners more, for TLS with SASL and with
        client certificates, and an authorizer (`security`)."""
        self._secured = secured
        self.secured_port = free_port() if secured else 0
        self.mutual_port = free_port() if secured else 0
        self._features = dict(features or {})
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self._controller_port = self._ports(port)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """HOST:PORT for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def secured_address(self) -> str:
        """HOST:PORT for clients that speak TLS and SASL."""
        return f"127.0.0.1:{self.secured_port}"

    @property
    def mutual_address(self) -> str:
        """HOST:PORT for clients that show a certificate."""
        return f"127.0.0.1:{self.mutual_port}"

    def start(self) -> None:
        """Start the broker and wait until it answers. Raises: MissingServerError, RuntimeError with the log's
        end."""
        data = self.folder / "data"
        self._write_properties()
        if not data.exists():
            self._format(find_java(), find_libs())
        elif not (data / ".kafka_cleanshutdown").exists():
            self._end_old_session()
        self._process = self._launch("server.properties", "broker.log")
        (self.folder / "pid").write_text(str(self._process.pid))
        self._wait_until(lambda: _listens(self.port), START_TIMEOUT)

    def stop(self, *, kill: bool = False) -> None:
        """Stop the broker, with `kill` the hard way, and wait for its end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            self._process.wait(60)
            self._process = None

    def tool(self, name: str, *arguments: str) -> list[str]:
        """The command line of a Java tool of Kafka, such as `org.apache.kafka.tools.ConsoleProducer`."""
        return [
            find_java(),
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            f"{find_libs()}/*",
            name,
            *arguments,
        ]

    def _end_old_session(self) -> None:
        """After a kill: let a controller alone put the dead broker out of its cluster before the broker
        starts.

        Kafka 4.3.1 loses transactions otherwise, where it is the only broker. A start finds its own old
        session still open, leads all partitions and begins to write the end markers of transactions that were
        committed before the kill; when that session runs out (9 s) the partitions have no leader for a
        moment, it takes them for deleted, skips their markers and calls the transactions complete. What they
        wrote stays invisible to `read_committed` for ever then, and so do their offsets. It also saves those
        9 s.
        """
        properties = (self.folder / "server.properties").read_text()
        lines = [
            line
            for line in properties.splitlines()
            if not line.startswith(("process.roles", "listeners", "advertised", "inter.broker"))
        ]
        lines += [
            "process.roles=controller",
            f"listeners=CONTROLLER://127.0.0.1:{self._controller_port}",
            "broker.session.timeout.ms=500",
        ]
        (self.folder / "controller.properties").write_text("\n".join(lines) + "\n")
        log = self.folder / "controller.log"
        log.unlink(missing_ok=True)
        self._process = self._launch(
            "controller.properties", log.name, "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.controller=info"
        )
        with contextlib.suppress(RuntimeError):  # the broker had no session then
            self._wait_until(
                lambda: "Fencing broker" in log.read_text(errors="replace"), FENCE_TIMEOUT, log.name
            )
        self.stop()

    def _launch(self, properties: str, log_name: str, *flags: str) -> subprocess.Popen[bytes]:
        # The first compiler only: for brokers that live for minutes the second one costs more than it brings.
        flags = (
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            *flags,
        )
        command = [
            find_java(),
            *flags,
            "-cp",
            f"{find_libs()}/*",
            "kafka.Kafka",
            str(self.folder / properties),
        ]
        with (self.folder / log_name).open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def _ports(self, port: int | None) -> tuple[int, int]:
        kept = self.folder / "ports"
        if not kept.exists():
            kept.write_text(f"{port or free_port()} {free_port()}")
        first, second = kept.read_text().split()
        return int(first), int(second)

    def _write_properties(self) -> None:
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{self._controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": f"{self.folder}/data",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",  # of 50: a start on two cores is seconds faster
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "500",  # of 6000: tests of dead members need not wait so long
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
            "num.partitions": "4",
            # Of 3, and 2 of 8: threads that wake each other cost more than they bring on a few cores.
            "num.network.threads": "1",
            "num.io.threads": "2",
        }
        if self._secured:
            # A late import: a base install, which has no cryptography, tests without this listener.
            from tests.servers import security

            settings |= security.listener_settings(self.folder)
            at = f",{security.NAME}://{self.secured_address},{security.MUTUAL}://{self.mutual_address}"
            settings["listeners"] += at
            settings["advertised.listeners"] += at
            settings["listener.security.protocol.map"] += f",{security.NAME}:SASL_SSL,{security.MUTUAL}:SSL"
        (self.folder / "server.properties").write_text(
            "".join(f"{key}={value}\n" for key, value in settings.items())
        )

    def _format(self, java: str, libs: Path) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        properties = str(self.folder / "server.properties")
        command = [
            java,
            "-Xmx256m",
            "-cp",
            f"{libs}/*",
            "kafka.tools.StorageTool",
            "format",
            "--standalone",
            f"--cluster-id={cluster}",  # one word: the id may begin with a hyphen
            "-c",
            properties,
            *(f"--feature={name}={level}" for name, level in self._features.items()),
        ]
        if self._secured:
            from tests.servers import security

            command += ["--add-scram", security.SCRAM]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_TIMEOUT, check=False)
        if done.returncode:
            raise RuntimeError(f"Kafka's storage tool failed: {(done.stdout + done.stderr)[-2000:]}")

    def _wait_until(self, reached: Callable[[], bool], timeout: float, log_name: str = "broker.log") -> None:
        """Wait for it. Raises: RuntimeError with the log's end, after the process was ended."""
        deadline = time.monotonic() + timeout
        while not reached():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                tail = (self.folder / log_name).read_text(errors="replace")[-2000:]
                self.stop(kill=True)
                raise RuntimeError(f"Kafka in {self.folder} did not start: {tail}")
            time.sleep(0.1)


def find_java() -> str:
    """Java 17 or newer. Raises: MissingServerError."""
    return need_command(
        "java",
        "openjdk-17-jre-headless",
        "install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless)",
    )


def find_libs() -> Path:
    """The folder of Kafka's jars, fetched where it is missing. Raises: MissingServerError."""
    if home := os.environ.get("KAFKA_HOME"):
        return Path(home) / "libs"
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "freshet" / "kafka" / VERSION
    with alone(cache):
        cache.mkdir(exist_ok=True)
        if not (cache / "libs").is_dir():
            _fetch(cache)
    return cache / "libs"


def free_port() -> int:
    """A port of loopback that nobody listens on now, and that no outgoing connection gets while a server is
    away from it."""
    while True:
        port = random.SystemRandom().randrange(
            10_240, 32_768
        )  # Linux gives outgoing connections ports from 32,768 on
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def _fetch(cache: Path) -> None:
    maven = need_command(
        "mvn", "maven", "install Maven (Debian: apt-get install maven) or set KAFKA_HOME to an unpacked Kafka"
    )
    find_java()
    (cache / "pom.xml").write_text(_POM)
    command = [maven, "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={cache / 'fetched'}"]
    done = subprocess.run(command, cwd=cache, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise MissingServerError(
            f"Maven could not fetch Kafka {VERSION}; set KAFKA_HOME instead. It said: {done.stdout[-500:]}"
        )
    (cache / "fetched").rename(cache / "libs")


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _stop_by_pid(folder: Path) -> None:
    pid = _find_pid(folder)
    if pid is None:
        print(f"no broker runs in {folder}")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 60
    while _find_pid(folder) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    print(f"stopped the broker in {folder}")


def _find_pid(folder: Path) -> int | None:
    """The process id of the broker of that folder, where it still runs."""
    try:
        pid = int((folder / "pid").read_text())
        command = _command_line(pid)
    except (OSError, ValueError):
        return None
    return pid if str(folder.resolve()).encode() in command else None


def _command_line(pid: int) -> bytes:
    if Path("/proc/self").exists():
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    asked = ["ps", "-ww", "-o", "args=", "-p", str(pid)]  # as on macOS
    return subprocess.run(asked, capture_output=True, check=False).stdout


def main(arguments: list[str] | None = None) -> int:
    """Start or stop a broker for a person to play with."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.servers.kafka", description="One Apache Kafka broker on loopback."
    )
    parser.add_argument("what", choices=("start", "stop"))
    parser.add_argument("--dir", type=Path, default=DEFAULT_DIR, help="its folder (default: .kafka)")
    parser.add_argument(
        "--port", type=int, default=None, help="its port (default: a free one, kept for the next start)"
    )
    parser.add_argument("--fresh", action="store_true", help="drop what the folder holds first")
    chosen = parser.parse_args(arguments)
    if chosen.what == "stop":
        _stop_by_pid(chosen.dir)
        return 0
    if chosen.fresh:
        shutil.rmtree(chosen.dir, ignore_errors=True)
    broker = KafkaBroker(chosen.dir, port=chosen.port)
    try:
        if _find_pid(chosen.dir) is None:
            broker.start()
    except (MissingServerError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"FRESHET_BROKER=kafka://{broker.address}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
