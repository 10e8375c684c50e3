# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from workers.model_registry.server_release import ServerRelease, parse_release


def release(text: str) -> ServerRelease:
    """A release from its name."""
    found = parse_release(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("reader", "writer", "reads"),
    [
        ("Valkey 9.1.2", "Redis 6.2.14", True),
        ("Valkey 9.1.2", "Redis 7.2.4", True),
        ("Valkey 9.1.2", "Valkey 8.1.0", True),
        ("Valkey 9.1.2", "Valkey 9.1.9", True),
        ("Valkey 9.1.2", "Valkey 9.2.0", False),
        ("Valkey 9.1.2", "Redis 7.4.0", False),
        ("Redis 8.2.1", "Redis 7.4.0", True),
        ("Redis 8.2.1", "Valkey 8.1.0", True),
        ("Redis 8.2.1", "Valkey 9.0.0", False),
        ("Redis 7.2.4", "Valkey 8.0.1", True),
        ("Redis 7.0.15", "Valkey 7.2.5", False),
        ("Redis 7.0.15", "Redis 6.2.14", True),
        ("Redis 6.2.14", "Redis 7.0.15", False),
        ("Valkey 8.1.0", "Valkey 9.0.0", False),
    ],
)
def test_a_release_reads_what_older_ones_of_its_line_wrote(reader: str, writer: str, reads: bool) -> None:
    """Up to Redis 7.2 and Valkey 8.1 the two share a format; after that each reads its own, up to itself."""
    assert release(reader).reads(release(writer)) is reads


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (
            "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0",
            "Redis 7.0.15",
        ),
        ("Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64 build=1536df31c0395150", "Valkey 9.1.2"),
        ("Valkey 9.1.2\n", "Valkey 9.1.2"),
    ],
)
def test_a_server_says_its_release(said: str, named: str) -> None:
    """What both products answer to --version is read, and so is what we write ourselves."""
    assert str(release(said)) == named


def test_other_programs_are_no_servers() -> None:
    """A program that answers otherwise is neither."""
    assert parse_release("redis-cli 7.0.15") is None
