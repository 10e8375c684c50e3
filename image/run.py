# SPDX-License-Identifier: Apache-2.0
"""`make image-run`: runs an image as a pod would, read-only and as nobody, against a real Kafka: until it is
ready, annotates, and drains at SIGTERM within its grace period. Nothing may be lost, doubled or compiled."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from image.base import BuildError, podman
from image.build import image_name
from tests.servers.kafka import KafkaBroker, free_port
from tests.servers.requirements import MissingServerError
from workers.transports import OutgoingRecord, Transport, open_transport

GRACE = 30.0
"""Seconds that a stopped container has, as the chart gives them."""
READY = 180.0
"""Seconds until readiness at most; two on an idle machine."""
TEXTS = 20_000
TOPICS = ("texts", "annotations", "texts.dlq")


def main(arguments: Sequence[str]) -> int:
    """Run it; 1 where something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m image.run", description=__doc__)
    parser.add_argument("target", nargs="?", default="annotator")
    image = image_name(parser.parse_args(arguments).target)
    with tempfile.TemporaryDirectory(prefix="freshet-image-run-") as folder:
        broker = KafkaBroker(Path(folder))
        try:
            broker.start()
            prove(image, f"kafka://{broker.address}")
        except (BuildError, MissingServerError) as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            broker.stop()
    return 0


def prove(image: str, address: str) -> None:
    """Two containers one after the other, the first stopped amid its work. Raises: BuildError."""
    with closing(open_transport(address)) as log:
        with closing(log.admin()) as admin:
            for topic in TOPICS:
                admin.create_topic(topic, 4)
        send(log, range(100))
        with container(image, address) as first:
            send(log, range(100, TEXTS))
            wait("the first annotations", lambda: n_written(log) > TEXTS // 20, READY)
            seconds = first.stop()
        tell(f"stopped amid its work after {n_annotated(log)} of {TEXTS} annotations, in {seconds:.1f} s")
        send(log, range(TEXTS, TEXTS + 100))
        with container(image, address) as second:
            wait("the rest", lambda: n_written(log) >= TEXTS + 100, 2 * READY)
            wait("the rest", lambda: n_annotated(log) >= TEXTS + 100, READY)
            second.stop()
        check(log)


class Container:
    """One container of an image, as a pod of the chart has it."""

    def __init__(self, image: str, address: str) -> None:
        self._port, self.name = free_port(), f"freshet-{time.time_ns()}"
        settings = {
            "FRESHET_BROKER": address,
            "FRESHET_DRAIN_TIMEOUT": str(GRACE - 10),
            "FRESHET_HEALTH_PORT": str(self._port),
        }
        told = [f"--env={name}={value}" for name, value in settings.items()]
        self._began = time.monotonic()
        run = subprocess.run(
            podman(
                *("run", "--detach", f"--name={self.name}", "--network=host", "--read-only"),
                *("--user=10001:10001", "--cap-drop=all", "--security-opt=no-new-privileges"),
                *("--tmpfs=/tmp:rw,mode=1777", "--tmpfs=/var/cache/freshet:rw,mode=0777"),
                *(
                    "--ulimit=nofile=1024:1024",
                    "--ulimit=nproc=1024:1024",
                    *told,
                    image,
                    "annotate",
                    "en_starter",
                ),
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise BuildError(f"podman could not run {image}: {run.stderr[-500:]}")

    def wait_until_ready(self) -> float:
        """Wait for readiness; the seconds that it took from the start. Raises: BuildError with its log."""
        address = f"http://127.0.0.1:{self._port}/health/ready"
        deadline = time.monotonic() + READY
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(address, timeout=2):
                    return time.monotonic() - self._began
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise BuildError(f"not ready after {READY:.0f} s: {self.log()}")

    def stop(self) -> float:
        """SIGTERM to what the image's entry point is; the seconds until it ended. Raises: BuildError where it
        did not drain."""
        began = time.monotonic()
        subprocess.run(podman("kill", "--signal=TERM", self.name), capture_output=True, check=True)
        waited = subprocess.run(
            podman("wait", self.name), capture_output=True, text=True, check=True, timeout=GRACE + 30
        )
        seconds = time.monotonic() - began
        if waited.stdout.strip() != "0" or seconds > GRACE:
            raise BuildError(f"ended with {waited.stdout.strip()} after {seconds:.1f} s: {self.log()}")
        return seconds

    def log(self) -> str:
        """What it told."""
        done = subprocess.run(podman("logs", self.name), capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def remove(self) -> None:
        """Take it away, running or not."""
        subprocess.run(podman("rm", "--force", self.name), capture_output=True, check=False)


@contextmanager
def container(image: str, address: str) -> Iterator[Container]:
    """A container that is ready, and was refused nothing and compiled nothing."""
    made = Container(image, address)
    try:
        tell(f"{image}: ready {made.wait_until_ready():.1f} s after its start, read-only, as uid 10001")
        yield made
        told = made.log()
        if "compiled" in told or "Traceback" in told:
            raise BuildError(
                f"expected a container that compiles nothing and meets no error, it said: {told}"
            )
    finally:
        made.remove()


def send(log: Transport, numbers: range) -> None:
    """Write texts."""
    with closing(log.producer()) as producer:
        producer.send(
            [
                OutgoingRecord(
                    "texts", json.dumps({"text": f"Ada Lovelace met person {i} in London."}).encode()
                )
                for i in numbers
            ]
        )


def n_written(log: Transport) -> int:
    """How many offsets the annotations take, ends of transactions among them: an upper bound, and cheap."""
    with closing(log.admin()) as admin:
        return sum(end - first for first, end in admin.topic("annotations").bounds)


def n_annotated(log: Transport) -> int:
    """How many annotations are committed."""
    return sum(1 for _ in log.read("annotations"))


def check(log: Transport) -> None:
    """Each text has one annotation. Raises: BuildError."""
    sources = [json.loads(record.value)["source"] for record in log.read("annotations")]
    seen = Counter((source["partition"], source["offset"]) for source in sources)
    wanted = {(record.partition, record.offset) for record in log.read("texts")}
    lost, doubled = wanted - set(seen), [place for place, n in seen.items() if n > 1]
    tell(f"{len(wanted)} texts, {len(seen)} annotated, {len(lost)} lost, {len(doubled)} doubled")
    if lost or doubled or sum(1 for _ in log.read("texts.dlq")):
        raise BuildError(f"expected each text once; lost: {sorted(lost)[:5]}, doubled: {doubled[:5]}")


def wait(what: str, reached: Callable[[], bool], timeout: float) -> None:
    """Wait for it. Raises: BuildError."""
    deadline = time.monotonic() + timeout
    while not reached():
        if time.monotonic() > deadline:
            raise BuildError(f"{what} did not come within {timeout:.0f} s")
        time.sleep(0.2)


def tell(text: str) -> None:
    """A line for people."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
