# SPDX-License-Identifier: Apache-2.0
"""Pods as the chart renders them, run as they stand against a real Kafka and a real Redis: ready, at work,
drained."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chart.conftest import Manifest, Render, Rendered, helm, render
from tests.chart.pod_sandbox import TOKEN, Contents, Sandbox, running_container
from tests.chart.tools import FOLDER
from tests.servers.kafka import KafkaBroker, free_port
from tests.servers.redis import RedisServer
from tests.servers.requirements import MissingServerError, give_up
from tests.servers.security import PASSWORD, USER
from tests.workers.support import outcome, send, texts
from workers.bundled import STARTER, find_model
from workers.console.sessions import Role, make_token
from workers.model_registry import Access, open_registry
from workers.settings import WorkerSettings
from workers.transports import open_transport

__all__ = ["helm", "render"]

pytestmark = [pytest.mark.broker, pytest.mark.redis, pytest.mark.nightly, pytest.mark.timeout(600)]

REDIS_PASSWORD = "redis-secret"
HEALTH = "http://127.0.0.1:9464"
CONSOLE = "http://127.0.0.1:7117"
START = 240.0
"""Seconds; a few where machine code came with the package."""

SECURITY = {
    "plaintext": (),
    "scram": (
        "kafka.security.protocol=SASL_SSL",
        "kafka.security.mechanism=SCRAM-SHA-512",
        "kafka.security.credentials.existingSecret=kafka-user",
        "kafka.security.ca.existingSecret=kafka-ca",
    ),
    "oauth": (
        "kafka.security.protocol=SASL_SSL",
        "kafka.security.mechanism=OAUTHBEARER",
        "kafka.security.oauth.audience=kafka",
        "kafka.security.ca.existingSecret=kafka-ca",
        "kafka.security.clientCertificate.existingSecret=kafka-client",
    ),
}


@dataclass(frozen=True)
class Surroundings:
    """Servers, topics and what the secrets hold."""

    broker: KafkaBroker
    redis_address: str
    topics: tuple[str, str, str, str]
    contents: Contents
    folder: Path
    compiled: Path
    console_token: str

    def values(self, security: str) -> list[str]:
        """What a user with these servers says."""
        address = self.broker.address if security == "plaintext" else self.broker.secured_address
        names = ("texts", "annotations", "deadLetters", "corrections")
        return [
            f"kafka.bootstrapServers={address}",
            f"redis.url={self.redis_address}",
            "redis.credentials.existingSecret=redis-user",
            "topics.partitions=2",
            "defaults.replicas=1",
            "drainTimeoutSeconds=20",
            *(f"topics.{name}={topic}" for name, topic in zip(names, self.topics, strict=True)),
            *SECURITY[security],
        ]

    @property
    def settings(self) -> WorkerSettings:
        """Where to read what the pods wrote."""
        return WorkerSettings(
            broker=f"kafka://{self.broker.address}",
            input_topic=self.topics[0],
            output_topic=self.topics[1],
            dead_letter_topic=self.topics[2],
        )


@pytest.fixture(scope="module")
def redis_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis that asks for a password, on a port; its registry has a champion."""
    port = free_port()
    tcp = {"port": str(port), "bind": "127.0.0.1", "requirepass": REDIS_PASSWORD}
    server = RedisServer(tmp_path_factory.mktemp("redis-pods"), tcp)
    try:
        server.start()
    except MissingServerError as error:
        give_up(error)
    address = f"redis://127.0.0.1:{port}/0"
    try:
        with open_registry(address, access=Access(password=REDIS_PASSWORD)) as registry:
            number = registry.put(find_model(STARTER), actor="test").number
            epoch = registry.head().epoch
            registry.promote(number, actor="test", expected_epoch=epoch, reason="first", force=True)
        yield address
    finally:
        server.stop()


@pytest.fixture
def around(kafka_broker: KafkaBroker, redis_address: str, tmp_path: Path) -> Surroundings:
    """New topics' names, which nobody has made yet."""
    name = uuid.uuid4().hex[:8]
    token, person = make_token("ann", Role.ANNOTATE)
    client = (kafka_broker.folder / "client.pem").read_bytes()
    contents = {
        "kafka-user": {"username": USER.encode(), "password": PASSWORD.encode()},
        "kafka-ca": {"ca.crt": (kafka_broker.folder / "ca.pem").read_bytes()},
        "kafka-client": {"user.crt": client, "user.key": client},
        "redis-user": {"password": REDIS_PASSWORD.encode()},
        "console-people": {"tokens": person.encode()},
        TOKEN: {"token": _token()},
    }
    topics = (f"texts-{name}", f"annotations-{name}", f"dead-{name}", f"corrections-{name}")
    compiled = FOLDER.parent / "pods"
    return Surroundings(kafka_broker, redis_address, topics, contents, tmp_path, compiled, token)


def complete(around: Surroundings, pod: Manifest, name: str) -> None:
    """Run all containers of a job's pod to their end."""
    for i, container in enumerate([*pod.get("initContainers", []), *pod["containers"]]):
        folder = around.folder / f"{name}-{i}"
        with running_container(pod, container, around.contents, folder, around.compiled) as sandbox:
            assert sandbox.process.wait(START) == 0, sandbox.log


def started(around: Surroundings, pod: Manifest, name: str) -> Iterator[Sandbox]:
    """The pod's container."""
    return running_container(  # type: ignore[return-value]
        pod, pod["containers"][0], around.contents, around.folder / name, around.compiled
    )


@pytest.mark.parametrize("security", SECURITY)
def test_an_annotator_gets_ready_annotates_and_drains_within_its_grace_period(
    render: Render, around: Surroundings, security: str
) -> None:
    """From topics that its job made and a champion of the registry; what it had begun is committed, and
    nothing is lost or doubled."""
    rendered = render("minimal", *around.values(security))
    assert rendered.error == ""
    complete(around, rendered.pods()["Job freshet-topics"], "topics")
    pod = rendered.pods()["Deployment freshet-cpu"]
    with closing(open_transport(around.settings.broker)) as transport:
        send(transport, texts(300), around.topics[0])
        with started(around, pod, "annotator") as sandbox:
            _wait(lambda: _status(f"{HEALTH}/health/ready") == 200, START, sandbox)
            assert _status(f"{HEALTH}/health/live") == 200
            assert b"freshet_consumer_lag_seconds" in _get(f"{HEALTH}/metrics")
            uid = Path(f"/proc/{sandbox.pid}/status").read_text()
            assert "NoNewPrivs:\t1" in uid
            assert "CapEff:\t0000000000000000" in uid
            _wait(lambda: not outcome(transport, around.settings).lost, 60, sandbox)
            send(transport, texts(3000), around.topics[0])
            time.sleep(0.5)
            assert sandbox.stop(pod["terminationGracePeriodSeconds"]) == 0, sandbox.log
        with started(around, pod, "successor") as sandbox:
            _wait(lambda: not outcome(transport, around.settings).lost, START, sandbox)
            assert sandbox.stop(pod["terminationGracePeriodSeconds"]) == 0, sandbox.log
        assert outcome(transport, around.settings).exact


@pytest.mark.parametrize("security", ["plaintext", "scram"])
def test_trainer_and_stream_app_run_as_they_stand(
    render: Render, around: Surroundings, security: str
) -> None:
    """Doctor finds nothing bad; trainer and stream app come up, and end in order when they are told."""
    rendered = render("minimal", *around.values(security))
    complete(around, rendered.pods()["Job freshet-topics"], "topics")
    complete(around, rendered.pods()["Pod freshet-doctor"], "doctor")
    for kind, name in (("StatefulSet", "trainer"), ("Deployment", "stream-app")):
        pod = rendered.pods()[f"{kind} freshet-{name}"]
        with started(around, pod, name) as sandbox:
            _wait(lambda: _status(f"{HEALTH}/health/ready") == 200, START, sandbox)
            _end(pod, sandbox)


@pytest.mark.parametrize("security", ["plaintext", "scram"])
def test_the_console_runs_as_it_stands(render: Render, around: Surroundings, security: str) -> None:
    """It comes up over topics that its job made, lets in who has a token of the secret and nobody else,
    reads log and registry, and ends in order, also when it is told to while it starts."""
    values = (*around.values(security), "console.enabled=true", "console.tokensSecret=console-people")
    rendered = render("minimal", *values)
    contents = {**around.contents, "freshet-console": _config(rendered)}
    around = Surroundings(**{**around.__dict__, "contents": contents})
    complete(around, rendered.pods()["Job freshet-topics"], "topics")
    pod = rendered.pods()["Deployment freshet-console"]
    with started(around, pod, "console") as sandbox:
        _wait(lambda: _status(f"{CONSOLE}/health/live") == 200, START, sandbox)
        assert _log_in("no token of anybody")[0] == 401
        status, cookie = _log_in(around.console_token)
        assert status == 200
        health = json.loads(_get(f"{CONSOLE}/api/health", cookie))
        assert health["registry"]["away"] == ""
        assert not any(tail["away"] for tail in health["tails"])
        assert around.topics[1] in {tail["topic"] for tail in health["tails"]}
        _end(pod, sandbox)
        assert around.console_token not in sandbox.log
    with started(around, pod, "early") as sandbox:
        _wait(lambda: _status(f"{CONSOLE}/health/live") == 200, START, sandbox)
        _end(pod, sandbox)


def _end(pod: Manifest, sandbox: Sandbox) -> None:
    code = sandbox.stop(pod["terminationGracePeriodSeconds"])
    assert code == 0, f"ended with {code}: {sandbox.log}"


def _log_in(token: str) -> tuple[int, str]:
    """Status and cookie of a login with a token."""
    headers = {"content-type": "application/json", "origin": CONSOLE}
    request = urllib.request.Request(f"{CONSOLE}/login", json.dumps({"token": token}).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["set-cookie"].partition(";")[0]
    except urllib.error.HTTPError as error:
        return error.code, ""


def _config(rendered: Rendered) -> dict[str, bytes]:
    data = rendered.one("ConfigMap", "freshet-console")["data"]
    return {name: text.encode() for name, text in data.items()}


def _token() -> bytes:
    """An unsigned token, which a test broker takes."""
    now = int(time.time())
    parts = ({"alg": "none"}, {"sub": USER, "iat": now, "exp": now + 3600})
    coded = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    return b".".join(coded) + b"."


def _get(url: str, cookie: str = "") -> bytes:
    request = urllib.request.Request(url, headers={"cookie": cookie} if cookie else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return bytes(answer.read())


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except OSError:
        return 0


def _wait(done: Callable[[], bool], seconds: float, sandbox: Sandbox) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert sandbox.process.poll() is None, sandbox.log
        assert time.monotonic() < deadline, sandbox.log
        time.sleep(0.2)
