# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.servers.redis import RedisServer, find_tls_redis
from tests.servers.requirements import MissingServerError, give_up
from workers.errors import SettingsError
from workers.model_registry import (
    Access,
    RegistryError,
    Signing,
    UnfitServerError,
    UnreachableError,
    open_registry,
    read_access,
)
from workers.model_registry.access import FilePassword
from workers.model_registry.checks import ServerFacts, read_facts
from workers.model_registry.redis_server import translate_errors

from .conftest import MakeModel

pytestmark = pytest.mark.redis
StartServer = Callable[..., RedisServer]
RIGHTS = """~fr:{m}:* +ping +time +info +evalsha +eval +client|setname +exists +get +set +incr +del +unlink
 +rename +hget +hset +hdel +hlen +hmget +hgetall +hincrby +zadd +zrem +zrange +zrangebyscore +xadd +xread
 +xrange"""


@pytest.fixture
def start_server(redis_server: RedisServer, tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers with settings of their own."""
    servers: list[RedisServer] = []

    def start(settings: Mapping[str, str], mode: str = "", program: str = "") -> RedisServer:
        servers.append(
            RedisServer(tmp_path / f"s{len(servers)}", settings, mode, program or redis_server.program)
        )
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.stop(kill=True)


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def walk(url: str, access: Access, make_model: MakeModel, out: Path, states: Path | None = None) -> None:
    """Everything that a trainer and an annotator do with a registry."""
    with open_registry(url, "m", signing=Signing(), access=access, states=states) as registry:
        registry.promote(registry.put(make_model("a"), actor="t").number, expected_epoch=0, actor="t")
        registry.put(make_model("b"), actor="t")
        registry.set_verdict(2, {"passed": True}, 1)
        registry.set_shadow(2, actor="t")
        registry.promote(2, expected_epoch=1, actor="t")
        registry.rollback(actor="t", reason="x")
        fence = registry.acquire_fence()
        blob = registry.states.put(b"state")
        for step in range(3):
            registry.commit_checkpoint(
                fence, f"d{step}" if step else None, f"d{step + 1}", {"c:0": 1}, {"w": blob}, op_id=f"c{step}"
            )
        registry.log_metrics({"loss": 1})
        assert registry.collect_garbage(0) == (1, 1)
        registry.fetch(1, out)
        registry.wait(3, 0.05)
        assert len(registry.audit()) > 6
        assert (len(registry.versions()), len(registry.metrics())) == (2, 1)


def test_password_by_file_may_change(
    start_server: StartServer, make_model: MakeModel, tmp_path: Path
) -> None:
    """The password is read again at each connection; a wrong one is an error that says where it comes
    from."""
    server, secret = start_server({"requirepass": "first"}), tmp_path / "password"
    secret.write_text("first\n")
    walk(server.url, Access(password_file=str(secret)), make_model, tmp_path / "out")
    for wrong in (Access(), Access(password="second")):
        with (
            open_registry(server.url, "m", access=wrong) as registry,
            pytest.raises(RegistryError, match="refuses this user"),
        ):
            registry.head()
    secret.write_text("second\n")
    assert FilePassword("", str(secret), "X").get_credentials() == ("second",)
    with pytest.raises(SettingsError, match="X: expected a readable"):
        FilePassword("", str(tmp_path / "none"), "X").get_credentials()


def test_least_rights_are_enough(start_server: StartServer, make_model: MakeModel, tmp_path: Path) -> None:
    """The rights that the documentation names suffice for one model, and open no other."""
    server = start_server({"user": f"fred on >pw {' '.join(RIGHTS.split())}"})
    access = Access(username="fred", password="pw")
    walk(server.url, access, make_model, tmp_path / "out")
    with (
        open_registry(server.url, "other", access=access) as other,
        pytest.raises(RegistryError, match=r"refuses"),
    ):
        other.put(make_model("a"), actor="t")


def test_documented_rights_are_the_tested_ones() -> None:
    """The rights in the documentation are those that the test above uses."""
    text = " ".join(
        (Path(__file__).parents[3] / "docs" / "registry.md")
        .read_text(encoding="utf-8")
        .replace("\\", " ")
        .split()
    )
    assert " ".join(RIGHTS.split()).removeprefix("~fr:{m}:* ") in text


def test_secrets_from_the_environment(tmp_path: Path) -> None:
    """Each field has a variable; a secret and its file together are a mistake, and a secret is never
    shown."""
    access = read_access(
        {
            "FRESHET_REGISTRY_USERNAME": "u",
            "FRESHET_REGISTRY_PASSWORD": "hidden",
            "FRESHET_REGISTRY_EPHEMERAL": "1",
        }
    )
    assert (access.username, access.password, access.ephemeral) == ("u", "hidden", True)
    assert "hidden" not in repr(access)
    for wrong in (
        {"FRESHET_REGISTRY_PASSWORD": "p", "FRESHET_REGISTRY_PASSWORD_FILE": "f"},
        {"FRESHET_REGISTRY_EPHEMERAL": "maybe"},
    ):
        with pytest.raises(SettingsError, match="environment -> FRESHET_REGISTRY_"):
            read_access(wrong)
    with pytest.raises(RegistryError, match="got both"):
        open_registry("redis://u:p@localhost", access=Access(password="q"))


@pytest.mark.parametrize(
    "address", ["", "redis:", "redis://", "http://x", "embedded:", "sentinel://x:1", "host:6379"]
)
def test_wrong_address_is_refused(address: str) -> None:
    """An address of no known form is answered with those that there are."""
    with pytest.raises(RegistryError, match=r"has the (form|address)"):
        open_registry(address)


def test_address_is_shown_without_its_password() -> None:
    """Errors and logs never hold the password of an address."""
    with (
        open_registry("redis://u:hidden@127.0.0.1:1/0", access=Access()) as registry,
        pytest.raises(UnreachableError) as caught,
    ):
        registry.head()
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"appendonly": "no"}, "no append-only file"),
        ({"maxmemory-policy": "allkeys-lru"}, "would drop models"),
    ],
)
def test_forgetful_server_is_refused(start_server: StartServer, settings: dict[str, str], what: str) -> None:
    """A server that would forget or evict is refused with what to set; --ephemeral allows the first."""
    server = start_server(settings)
    with open_registry(server.url, access=Access()) as registry, pytest.raises(UnfitServerError, match=what):
        registry.head()
    if what.startswith("no append"):
        with open_registry(server.url, access=Access(ephemeral=True)) as registry:
            assert registry.head().champion is None


def test_old_servers_and_replicas_are_refused() -> None:
    """Redis before 6.2 and replicas are no registries; 6.2.14 is one with a remark about its Lua, Valkey 7.2
    is one without."""
    facts = ServerFacts("redis", "6.0.16", True, "noeviction", "slave", 0, 0)
    assert [fault.split(";")[0] for fault in facts.faults()] == ["it is Redis 6.0.16", "it is a slave"]
    assert "6.2.20" in ServerFacts("redis", "6.2.14", True, "noeviction", "master", 0, 0).remarks()[0]
    valkey = ServerFacts("valkey", "7.2.4", True, "noeviction", "master", 0, 0)
    assert (valkey.faults(), valkey.remarks()) == ([], [])


def test_who_loads_is_not_ready() -> None:
    """A server that still loads its data, and says meanwhile that it has no append-only file, is one to wait
    for, not an unfit one."""

    class Loading:
        def info(self) -> dict[str, object]:
            return {"redis_version": "7.0.15", "aof_enabled": 0, "loading": 1}

    with pytest.raises(UnreachableError, match="loading its data"), translate_errors("here"):
        read_facts(cast(redis.Redis, Loading()))


@pytest.fixture
def tls_redis() -> str:
    """A server's program that was built with TLS."""
    try:
        return find_tls_redis()
    except MissingServerError as error:
        give_up(error)


def test_tls_checks_the_certificate(
    start_server: StartServer, tls_redis: str, make_model: MakeModel, tmp_path: Path
) -> None:
    """Over TLS the server's certificate is checked: a good one works, an unknown one is refused."""
    port, ca = free_port(), certificate(tmp_path)
    paths = {name: str(tmp_path / name) for name in ("server.crt", "server.key", "ca.crt")}
    start_server(
        {
            "tls-port": str(port),
            "tls-cert-file": paths["server.crt"],
            "tls-key-file": paths["server.key"],
            "tls-ca-cert-file": paths["ca.crt"],
            "tls-auth-clients": "no",
        },
        program=tls_redis,
    )
    url = f"rediss://localhost:{port}/0"
    walk(url, Access(ca_file=str(ca)), make_model, tmp_path / "out")
    with (
        open_registry(url, access=Access()) as registry,
        pytest.raises(UnreachableError, match=r"(?i)certificate"),
    ):
        registry.head()


def certificate(folder: Path) -> Path:
    """A certificate for localhost, signed by an authority of our own; its path."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Freshet test authority")])
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)

    def build(key: ec.EllipticCurvePrivateKey, *, authority_of_others: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
        )
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        own = (
            name if authority_of_others else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        )
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        )
        builder = builder.subject_name(own).add_extension(
            x509.BasicConstraints(authority_of_others, None), critical=True
        )
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False
        )
        if authority_of_others:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            return builder.add_extension(usage, critical=True).sign(authority, hashes.SHA256())
        return builder.add_extension(names, critical=False).sign(authority, hashes.SHA256())

    for file, key, is_authority in (("ca", authority, True), ("server", server, False)):
        (folder / f"{file}.crt").write_bytes(
            build(key, authority_of_others=is_authority).public_bytes(Encoding.PEM)
        )
        (folder / f"{file}.key").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    ssl.create_default_context(cafile=str(folder / "ca.crt"))
    return folder / "ca.crt"


def test_sentinel_finds_the_new_master(
    start_server: StartServer, make_model: MakeModel, tmp_path: Path
) -> None:
    """Behind Sentinel the registry asks who is master; after a failover the same client goes on with the new
    one."""
    ports = [free_port() for _ in range(3)]
    first = start_server({"port": str(ports[0]), "bind": "127.0.0.1"})
    start_server({"port": str(ports[1]), "bind": "127.0.0.1", "replicaof": f"127.0.0.1 {ports[0]}"})
    sentinel = {
        "port": str(ports[2]),
        "bind": "127.0.0.1",
        "sentinel monitor": f"models 127.0.0.1 {ports[0]} 1",
        "sentinel down-after-milliseconds": "models 300",
        "sentinel failover-timeout": "models 1000",
    }
    start_server(sentinel, mode="--sentinel")
    with open_registry(
        f"sentinel://127.0.0.1:{ports[2]}/models", "m", signing=Signing(), access=Access()
    ) as registry:
        registry.promote(registry.put(make_model("a"), actor="t").number, expected_epoch=0, actor="t")
        patiently(lambda: replicas(ports[0]) == 1)
        time.sleep(1.5)  # Sentinel learns of the replica
        registry.server.client.execute_command("WAIT", 1, 5000)
        first.stop(kill=True)
        patiently(lambda: champion(registry.head) == 1)
        assert registry.put(make_model("b"), actor="t").number == 2


def replicas(port: int) -> int:
    """How many replicas follow the server at this port and are up to date."""
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(b"INFO replication\r\n")
        return client.recv(65536).count(b"state=online")


def champion(head: Callable[[], object]) -> object:
    """The champion, or None while the registry cannot be reached or written."""
    try:
        return getattr(head(), "champion", None)
    except RegistryError:
        return None


def patiently(good: Callable[[], bool], seconds: float = 40) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < deadline
        time.sleep(0.1)
