# SPDX-License-Identifier: Apache-2.0
"""What `freshet doctor --acls` prints is what workers need: with it they do all their work, without it they
are denied; by password or by certificate, and with a password that changes meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from schemas import ANSWERS, Correction, DecodeError, LabelledSpan, Layer, encode_correction
from tests.servers.kafka import KafkaBroker, free_port
from tests.workers.support import (
    create_topics,
    outcome,
    running,
    settings_for_tests,
    texts,
    wait_until,
    words_model,
    write,
)
from workers.cli.acls import Right, Role, rights_of
from workers.corrections import CorrectionSettings, Refusals
from workers.settings import WorkerSettings
from workers.transports import (
    ConsumerOptions,
    OutgoingRecord,
    Position,
    Transport,
    TransportError,
    open_transport,
)
from workers.transports.kafka import clients as kafka_clients

pytest.importorskip("tests.servers.security", reason="needs cryptography")
principals = pytest.importorskip("tests.servers.principals")
pytestmark = pytest.mark.broker

PASSWORD = "first-password"


@dataclass
class Scene:
    """A user of the broker with topics of its own."""

    broker: KafkaBroker
    folder: Path
    user: str
    settings: WorkerSettings
    corrections: CorrectionSettings

    def password(self, password: str) -> None:
        """From now on this one is right, and stands in the file."""
        principals.set_password(self.broker, self.user, password)
        (self.folder / "password").write_text(f"{password}\n")

    def by_password(self, mechanism: str = "SCRAM-SHA-512") -> str:
        """The address for this user."""
        query = {
            "ssl_cafile": str(self.broker.folder / "ca.pem"),
            "sasl_mechanism": mechanism,
            "sasl_username": self.user,
            "sasl_password_file": str(self.folder / "password"),
        }
        return f"kafka://{self.broker.secured_address}?{urlencode(query)}"

    def by_certificate(self) -> str:
        """The address for `client`, who is known by a certificate."""
        folder = self.broker.folder
        query = {"ssl_cafile": str(folder / "ca.pem"), "ssl_certfile": str(folder / "client.pem")}
        return f"kafka://{self.broker.mutual_address}?{urlencode(query)}"

    def rights(self, role: Role) -> list[Right]:
        """Those that doctor prints for these settings."""
        return list(rights_of(role, self.settings, self.corrections))

    def as_root(self) -> Transport:
        """A log of who may do anything."""
        return open_transport(f"kafka://{self.broker.address}")


@pytest.fixture
def scene(kafka_broker: KafkaBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Topics, a group and a user by random names; no right yet."""
    monkeypatch.setattr(kafka_clients, "TIMEOUT_MS", 3_000)
    tag = uuid.uuid4().hex[:8]
    settings = settings_for_tests(
        input_topic=f"texts-{tag}",
        output_topic=f"annotations-{tag}",
        dead_letter_topic=f"dead-{tag}",
        group=f"g-{tag}",
        broker=f"kafka://{kafka_broker.address}",
    )
    corrections = CorrectionSettings(
        f"corrections-{tag}",
        f"corrections-{tag}.valid",
        annotations=settings.output_topic,
        group=f"c-{tag}",
    )
    made = Scene(kafka_broker, tmp_path, f"user-{tag}", settings, corrections)
    made.password(PASSWORD)
    with closing(made.as_root()) as log:
        create_topics(log, 2, [settings.input_topic, settings.output_topic, settings.dead_letters_to])
        create_topics(log, 1, list(corrections.topics))
    yield made
    for user in (made.user, "client"):
        principals.revoke_all(kafka_broker, user)


@pytest.mark.parametrize("how", ["password", "certificate"])
def test_an_annotator_does_all_its_work_with_its_rights(scene: Scene, how: str) -> None:
    """Annotations, dead letters and commits; by SCRAM over TLS and by a certificate of its own."""
    user, where = (
        (scene.user, scene.by_password()) if how == "password" else ("client", scene.by_certificate())
    )
    principals.grant(scene.broker, user, scene.rights(Role.ANNOTATOR))
    send_texts(scene, 20)
    with (
        closing(open_transport(where)) as log,
        closing(scene.as_root()) as root,
        running(log, scene.settings, words_model()) as state,
    ):
        wait_until(lambda: outcome(root, scene.settings).exact, 60)
        assert state.finish() == 0


def test_an_annotator_may_do_nothing_else(scene: Scene) -> None:
    """It cannot write texts, read annotations, make topics, or join another group."""
    principals.grant(scene.broker, scene.user, scene.rights(Role.ANNOTATOR))
    send_texts(scene, 3)
    settings = scene.settings
    with closing(scene.as_root()) as root:
        write(root, [OutgoingRecord(settings.output_topic, b"an annotation")])
    with closing(open_transport(scene.by_password())) as log:
        for denied in (
            lambda: send(log, settings.input_topic),
            lambda: list(log.read(settings.output_topic)),
            lambda: make_topic(log, f"new-{scene.user}"),
            lambda: commit_once(log, replace(settings, group="another")),
        ):
            with pytest.raises(TransportError):
                denied()


@pytest.mark.nightly
def test_an_annotator_needs_each_of_its_rights(scene: Scene) -> None:
    """Without any of them reading or committing is denied."""
    rights = scene.rights(Role.ANNOTATOR)
    send_texts(scene, 40)
    needed = [right for right in rights if right.operations != ("Write", "DescribeConfigs")]
    needed += [
        replace(right, operations=("Write",)) for right in rights if "DescribeConfigs" in right.operations
    ]
    for missing in needed:
        principals.revoke_all(scene.broker, scene.user)
        rest = [right for right in rights if right.name != missing.name]
        principals.grant(scene.broker, scene.user, rest)
        with closing(open_transport(scene.by_password())) as log, pytest.raises(TransportError):
            commit_once(log, scene.settings)
    principals.grant(scene.broker, scene.user, rights)
    with closing(open_transport(scene.by_password())) as log:
        commit_once(log, scene.settings)


def test_the_topics_job_makes_its_topics_and_no_others(scene: Scene) -> None:
    """Also one that is missing by now; nothing is read by it."""
    settings, name = scene.settings, scene.settings.output_topic
    with closing(scene.as_root()) as root, closing(root.admin()) as admin:
        admin.delete_topic(name)
    principals.grant(scene.broker, scene.user, scene.rights(Role.TOPICS))
    send_texts(scene, 1)
    with closing(open_transport(scene.by_password())) as log:
        make_topic(log, name)
        with pytest.raises(TransportError):
            make_topic(log, f"new-{scene.user}")
        with pytest.raises(TransportError):
            list(log.read(settings.input_topic))


def test_the_autoscaler_sees_the_lag_and_nothing_else(scene: Scene) -> None:
    """What KEDA asks for: the ends of a topic and a group's offsets."""
    principals.grant(scene.broker, scene.user, scene.rights(Role.AUTOSCALER))
    settings = scene.settings
    send_texts(scene, 3)
    with closing(open_transport(scene.by_password())) as log:
        assert lag_of(log, settings.group, settings.input_topic) == 3
        with pytest.raises(TransportError):
            list(log.read(settings.input_topic))


def test_the_console_shows_writes_and_sees_lags_with_its_rights(scene: Scene) -> None:
    """Annotations and dead letters are read, corrections written and seen, answers kept, lags shown."""
    principals.grant(scene.broker, scene.user, scene.rights(Role.CONSOLE))
    settings, corrections = scene.settings, scene.corrections
    send_texts(scene, 1)
    with closing(open_transport(scene.by_password())) as log:
        for topic in (settings.input_topic, settings.output_topic, settings.dead_letters_to):
            list(log.read(topic))
        with closing(log.admin()) as admin:
            admin.create_topic(ANSWERS, 1)
        for group in (settings.group, "freshet-learn", corrections.group):
            assert lag_of(log, group, settings.input_topic) == 1
        for topic in (ANSWERS, corrections.input_topic):
            send(log, topic)
            assert list(log.read(topic))
        with pytest.raises(TransportError):
            send(log, settings.output_topic)


def test_a_trainer_reads_notes_and_refuses_with_its_rights(scene: Scene) -> None:
    """Corrections from their beginning, its offsets for the lag, a dead letter for what nobody can read."""
    rights = [
        replace(right, name=f"learn-{scene.user}") if right.name == "freshet-learn" else right
        for right in scene.rights(Role.TRAINER)
    ]
    principals.grant(scene.broker, scene.user, rights)
    topic = scene.corrections.input_topic
    with closing(scene.as_root()) as root:
        write(root, [OutgoingRecord(topic, b"{", partition=0)])
    with (
        closing(open_transport(scene.by_password())) as log,
        closing(log.partitions(topic, f"learn-{scene.user}")) as reader,
        closing(Refusals(log, topic, "learn")) as refusals,
    ):
        ((first, end),) = reader.bounds()
        assert (first, end) == (0, 1)
        (record,) = list(log.read(topic))
        refusals.write(record, DecodeError("json", "expected JSON"))
        reader.note({0: 1})
    with closing(scene.as_root()) as root:
        assert len(list(root.read(scene.corrections.dead_letters_to))) == 1


@pytest.mark.parametrize("how", ["password", "certificate"])
def test_the_stream_app_does_its_work_with_its_rights(scene: Scene, how: str) -> None:
    """Faust's client speaks TLS, SCRAM and certificates too, and its tables are all that it makes."""
    user, where = (
        (scene.user, scene.by_password()) if how == "password" else ("client", scene.by_certificate())
    )
    principals.grant(scene.broker, user, scene.rights(Role.STREAM_APP))
    layers = {"ents": Layer("complete", (LabelledSpan(0, 3, "PER"),))}
    correction = Correction("c-1", "ann", "2026-01-01T00:00:00Z", "t", "Ada is here.", layers)
    with closing(scene.as_root()) as root:
        write(root, [OutgoingRecord(scene.corrections.input_topic, encode_correction(correction))])
        with stream_app(scene, where) as process:
            wait_until(lambda: bool(list(root.read(scene.corrections.output_topic))) or ended(process), 90)
        assert list(root.read(scene.corrections.output_topic))


def test_a_password_that_changes_is_taken_without_a_restart(scene: Scene) -> None:
    """The broker ends sessions after three seconds; the worker comes back with what the file says now."""
    principals.grant(scene.broker, scene.user, scene.rights(Role.ANNOTATOR))
    with (
        closing(open_transport(scene.by_password("SCRAM-SHA-256"))) as log,
        closing(scene.as_root()) as root,
        running(log, scene.settings, words_model()) as state,
    ):
        send_texts(scene, 10)
        wait_until(lambda: outcome(root, scene.settings).exact, 60)
        scene.password("second-password")
        time.sleep(4)  # all sessions that began with the first one are over
        send_texts(scene, 10)
        wait_until(lambda: outcome(root, scene.settings).exact, 90)
        assert state.finish() == 0


def send_texts(scene: Scene, n: int) -> None:
    """Texts, as their producer writes them."""
    with closing(scene.as_root()) as root:
        write(root, [OutgoingRecord(scene.settings.input_topic, value) for value in texts(n)])


def send(log: Transport, topic: str) -> None:
    """Write a record."""
    with closing(log.producer()) as producer:
        producer.send([OutgoingRecord(topic, b"x")])


def lag_of(log: Transport, group: str, topic: str) -> int:
    """Records behind; a broker whose first group this is takes a moment. Raises: TransportError."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with closing(log.admin()) as admin:
                return sum(lag.lag for lag in admin.group_lag(group, [topic]))
        except TransportError as error:
            if "CoordinatorNotAvailable" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.3)


def make_topic(log: Transport, name: str) -> None:
    """Make a topic."""
    with closing(log.admin()) as admin:
        admin.create_topic(name, 1)


def commit_once(log: Transport, settings: WorkerSettings) -> None:
    """Join the group, read a record, commit outputs for it. Raises: TransportError where that is denied."""
    options = ConsumerOptions(settings.group, (settings.input_topic,), commit_timeout=5)
    with closing(log.consumer(options)) as consumer:
        deadline = time.monotonic() + 15
        while not (records := consumer.poll(0.2, 1)):
            if time.monotonic() > deadline:
                raise TransportError("nothing is read")
        record = records[0]
        at = {
            record.topic_partition: Position(record.offset + 1, consumer.assignment()[record.topic_partition])
        }
        outputs = [OutgoingRecord(name, b"x") for name in (settings.output_topic, settings.dead_letters_to)]
        consumer.commit(outputs[:1], outputs[1:], at)


class stream_app:
    """`freshet stream-app` in a process of its own, for as long as the block lasts."""

    def __init__(self, scene: Scene, where: str) -> None:
        settings = scene.corrections
        self._command = [
            *(sys.executable, "-m", "workers.cli", "stream-app", "--topic", settings.input_topic),
            *("--annotations", settings.annotations, "--group", settings.group, "--port", str(free_port())),
            *("--data-dir", str(scene.folder / "faust")),
        ]
        self._environment = {**os.environ, "FRESHET_BROKER": where, "FRESHET_HEALTH_PORT": "0"}
        self._log = scene.folder / "stream-app.log"

    def __enter__(self) -> subprocess.Popen[bytes]:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        return self._process

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if error[0] is not None:
            print(self._log.read_text(errors="replace")[-4000:])


def ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it is over, which it should not be."""
    assert process.poll() is None, "the stream app ended"
    return False
