# SPDX-License-Identifier: Apache-2.0
"""Kafka over TLS, as somebody: what settings and addresses say, and a real broker that asks for it."""

from __future__ import annotations

import base64
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.servers.kafka import KafkaBroker
from workers.corrections.faust_credentials import credentials_of
from workers.errors import SettingsError
from workers.settings import KafkaSettings, read_settings
from workers.transports import (
    ConsumerOptions,
    OutgoingRecord,
    Position,
    TransportError,
    open_transport,
    read_kafka_address,
    shown_address,
)
from workers.transports.kafka import clients as kafka_clients

security = pytest.importorskip("tests.servers.security", reason="needs cryptography")


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, str]:
    """Files with what a client proves itself by."""
    token = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, {"sub": security.USER, "iat": 0, "exp": 2**33})
    )
    files = {"password": security.PASSWORD, "token": f"{token}.", "wrong": "not it"}
    for name, content in files.items():
        (tmp_path / name).write_text(f"{content}\n")
    return {name: str(tmp_path / name) for name in files}


def address(broker: KafkaBroker, **query: str) -> str:
    """The secured listener with these settings."""
    given = {"ssl_cafile": str(broker.folder / "ca.pem")} | query
    return f"kafka://{broker.secured_address}?{urlencode(given)}"


@pytest.mark.broker
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN", "OAUTHBEARER"])
def test_all_clients_speak_tls_and_say_who_they_are(
    kafka_broker: KafkaBroker, secrets: dict[str, str], mechanism: str
) -> None:
    """Topics, writing, reading, a group and its transaction, by the same address."""
    proof = (
        {"sasl_token_file": secrets["token"]}
        if mechanism == "OAUTHBEARER"
        else {"sasl_username": security.USER, "sasl_password_file": secrets["password"]}
    )
    where = address(kafka_broker, sasl_mechanism=mechanism, **proof)
    topic = f"secured-{uuid.uuid4().hex[:8]}"
    with closing(open_transport(where, auto_create=1)) as log:
        with closing(log.producer()) as producer:
            producer.send([OutgoingRecord(topic, b"a text")])
        with closing(log.consumer(ConsumerOptions(f"g-{topic}", (topic,)))) as consumer:
            while not (records := consumer.poll(0.2, 10)):
                pass
            place = records[0].topic_partition
            consumer.commit(
                [OutgoingRecord(topic, b"its copy")], [], {place: Position(1, consumer.assignment()[place])}
            )
        assert [record.value for record in log.read(topic)] == [b"a text", b"its copy"]


@pytest.mark.broker
def test_a_wrong_password_is_told_soon_and_not_shown(
    kafka_broker: KafkaBroker, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed is said with the servers alone."""
    where = address(
        kafka_broker,
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username=security.USER,
        sasl_password_file=secrets["wrong"],
    )
    monkeypatch.setattr(kafka_clients, "TIMEOUT_MS", 1_500)
    with closing(open_transport(where)) as log, pytest.raises(TransportError) as raised:
        log.admin()
    assert f"{kafka_broker.secured_address} (SASL_SSL, SCRAM-SHA-512)" in str(raised.value)
    assert "not it" not in str(raised.value)


@pytest.fixture
def nothing_of_kafka(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment without settings of Kafka."""
    for name in list(os.environ):
        if name.startswith("FRESHET_KAFKA_"):
            monkeypatch.delenv(name)
    return monkeypatch


def test_settings_come_from_the_environment_and_the_address_wins(
    nothing_of_kafka: pytest.MonkeyPatch, secrets: dict[str, str]
) -> None:
    """A secret's file may be named by the environment, as for every setting."""
    nothing_of_kafka.setenv("FRESHET_KAFKA_SASL_MECHANISM", "PLAIN")
    nothing_of_kafka.setenv("FRESHET_KAFKA_SASL_USERNAME", "app")
    nothing_of_kafka.setenv("FRESHET_KAFKA_SASL_PASSWORD_FILE", secrets["password"])
    servers, found = read_kafka_address("kafka://a:1,b:2?sasl_username=other")
    assert (servers, found.protocol, found.sasl_username) == (["a:1", "b:2"], "SASL_SSL", "other")
    assert found.password() == security.PASSWORD


def test_settings_stand_in_the_worker_section_too() -> None:
    """`[worker.kafka]` of a config, or `--worker.kafka.NAME`."""
    flags = {"worker.kafka.ssl_cafile": "/ca.pem"}
    assert read_settings({}, {}, flags).kafka.protocol == "SSL"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("kafka://app:hush@a:1", "no name and no password"),
        ("kafka://a:1?sasl_password=hush", "sasl_password_file=PATH"),
        ("kafka://a:1?sasl=PLAIN", "those that exist: .*sasl_mechanism"),
    ],
)
def test_a_secret_in_an_address_is_refused_and_never_shown(where: str, said: str) -> None:
    """Process lists and logs show addresses."""
    with pytest.raises(TransportError, match=said) as raised:
        open_transport(where)
    assert "hush" not in str(raised.value)


def test_what_is_shown_of_settings_and_addresses_holds_no_secret() -> None:
    """Neither a password nor a name."""
    settings = KafkaSettings(sasl_mechanism="PLAIN", sasl_username="app", sasl_password="hush")
    assert "hush" not in repr(settings)
    assert shown_address("kafka://a:1?sasl_username=app&sasl_password_file=/p") == "kafka://a:1"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sasl_mechanism": "PLAIN"}, "expected a name and a password"),
        ({"sasl_mechanism": "GSSAPI"}, "expected one of PLAIN"),
        ({"security_protocol": "SASL_SSL"}, "sasl_mechanism: expected one of"),
        ({"sasl_mechanism": "OAUTHBEARER"}, "expected a token's file"),
    ],
)
def test_half_a_setting_is_refused(wrong: dict[str, str], said: str) -> None:
    """Before anything is connected."""
    with pytest.raises(SettingsError, match=said):
        KafkaSettings(**wrong)


def test_faust_gets_the_same(kafka_broker: KafkaBroker, secrets: dict[str, str]) -> None:
    """The stream app talks to the same brokers, by another client."""
    where = address(
        kafka_broker,
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username=security.USER,
        sasl_password_file=secrets["password"],
    )
    found = credentials_of(where)
    assert (found.mechanism.value, found.password, found.protocol.value) == (
        "SCRAM-SHA-512",
        security.PASSWORD,
        "SASL_SSL",
    )
    assert credentials_of("kafka://a:1") is None
