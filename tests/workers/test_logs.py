# SPDX-License-Identifier: Apache-2.0
"""What a process tells: one event a line, nothing of what records hold, no secret."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.support import (
    create_topics,
    memory_log,
    outcome,
    running,
    send,
    settings_for_tests,
    wait_until,
    words_model,
)
from workers.console.opinions import second_opinions
from workers.corrections import CorrectionSettings, CorrectionWorker
from workers.errors import WorkerError
from workers.logs import formatter
from workers.redaction import redact
from workers.transports.base import Record
from workers.visible_text import visible

MARKER = "payloadmarker"


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, at every level, as JSON."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(formatter(as_json=True))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def test_an_event_is_one_line_of_json(told: io.StringIO) -> None:
    """With time, level and name; what else is known of it beside."""
    logging.getLogger("workers.x").warning("%d of %s", 3, "texts", extra={"partition": 7})
    event = json.loads(told.getvalue())
    assert (event["event"], event["level"], event["logger"], event["partition"]) == (
        "3 of texts",
        "warning",
        "workers.x",
        7,
    )
    assert event["timestamp"].endswith("Z")


def test_nobody_else_makes_lines(told: io.StringIO) -> None:
    """Newlines and what terminals obey are escaped, in both forms."""
    forged = 'x"}\n{"event": "forged"}\r\x1b[2J\u2028\x9b'
    logging.getLogger("workers.x").error("a topic called %s", forged)
    (line,) = told.getvalue().splitlines()
    assert json.loads(line)["event"] == f"a topic called {forged}"
    assert line.isascii()
    record = logging.LogRecord("workers.x", logging.ERROR, "f", 1, "a topic called %s", (forged,), None)
    plain = formatter(as_json=False).format(record)
    assert len(plain.splitlines()) == 1
    assert "\x1b" not in plain
    assert visible(forged, on_one_line=True) in plain


def test_an_exception_is_told_without_its_message(told: io.StringIO) -> None:
    """Only where it came from: the message may quote a record; those of ours do not."""
    try:
        raise ValueError(f"cannot read {MARKER}")
    except ValueError:
        logging.getLogger("workers.x").exception("a correction could not be handled")
    event = json.loads(told.getvalue())
    assert event["exception"] == "ValueError"
    assert "test_an_exception_is_told_without_its_message" in event["raised"][-1]
    assert MARKER not in told.getvalue()


def test_an_exception_that_ends_the_process_is_an_event_too() -> None:
    """Also there without its message, and JSON where stderr is no terminal."""
    code = (
        "import sys, logging\nfrom workers.logs import log_to\nlog_to(sys.stderr, logging.INFO)\n"
        f"raise KeyError('{MARKER}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stderr)["exception"] == "KeyError"
    assert MARKER not in done.stderr


def test_no_sink_of_an_annotator_holds_a_text(told: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    """Texts that are annotated, that fail, that cannot be read: not in logs, metrics or health, at DEBUG."""
    log = memory_log()
    bad = [
        f'{{"text":"{MARKER} POISON"}}'.encode(),
        f'{{"text":"{MARKER}'.encode(),
        f'{{"text":["{MARKER}"]}}'.encode(),
        f"{MARKER}\xff".encode("latin-1"),
        f'{{"text":"{MARKER}","id":7}}'.encode(),
    ]
    send(log, [*(f'{{"text":"{MARKER} {i}"}}'.encode() for i in range(20)), *bad])
    with running(log, settings_for_tests(health_port=0), words_model()) as state:
        wait_until(lambda: not outcome(log).lost)
        address = state.worker.address
        pages = [urllib.request.urlopen(f"{address}{page}", timeout=5).read() for page in PAGES]
        state.finish()
    captured = capfd.readouterr()
    assert MARKER.encode() not in b"".join(pages)
    assert MARKER not in told.getvalue() + captured.out + captured.err


PAGES = ("/health/live", "/health/ready", "/metrics")


def test_no_sink_of_a_correction_worker_holds_a_text(
    told: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where a fault of ours meets a correction."""
    log = memory_log()
    create_topics(log, 1, ["corrections", "corrections.valid", "corrections.dlq", "annotations"])
    settings = CorrectionSettings("corrections", "corrections.valid")
    worker = CorrectionWorker(log, settings)

    def fail(*arguments: object) -> None:
        raise RuntimeError(f"stumbled over {MARKER}")

    monkeypatch.setattr("workers.corrections.handler.read_correction", fail)
    worker.handler.handle(Record("corrections", 0, 0, 0, None, MARKER.encode(), ()))
    assert "a correction could not be handled" in told.getvalue()
    assert MARKER not in told.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("kafka://app:hush@host:9092", "kafka://app:***@host:9092"),
        ("rediss://:hush@host:6379/0", "rediss://:***@host:6379/0"),
        ("redis://:hu@sh@host:6379/0 is away", "redis://:***@host:6379/0 is away"),
        ("REDIS://:hush@host:6379/0", "REDIS://:***@host:6379/0"),
        ("sasl_password=hush&ssl_cafile=/ca", "sasl_password=***&ssl_cafile=/ca"),
        ("{'password': 'hush', 'user': 'app'}", "{'password': ***, 'user': 'app'}"),
        ("http://host:9464/metrics", "http://host:9464/metrics"),
        ("sasl_password_file=/run/secret/p", "sasl_password_file=/run/secret/p"),
    ],
)
def test_secrets_are_taken_out_of_what_is_told(text: str, shown: str) -> None:
    """Those of addresses, and those that are called so; nothing else."""
    assert redact(text) == shown


@pytest.mark.parametrize("piece", ["a://b:", "a.", "a://", "password", "@a://"])
def test_a_long_text_is_searched_once(piece: str) -> None:
    """What is logged may be a stranger's: no part of a megabyte is looked at again for each of its places."""
    text = piece * (1_000_000 // len(piece))
    assert redact(text).startswith(piece[:2])


def test_what_the_environment_calls_secret_is_never_told(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Whoever says it: the variable's value, and what its file holds now."""
    (tmp_path / "p").write_text("from-the-file\n")
    monkeypatch.setenv("FRESHET_KAFKA_SASL_PASSWORD", "from-the-variable")
    monkeypatch.setenv("FRESHET_REGISTRY_PASSWORD_FILE", str(tmp_path / "p"))
    assert redact("refused: from-the-variable, from-the-file") == "refused: ***, ***"


def test_an_event_looks_secrets_up_once(told: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many texts it has: a secret that is a file would be read for each."""
    read: list[str] = []
    monkeypatch.setenv("FRESHET_REGISTRY_PASSWORD_FILE", "a-file")
    monkeypatch.setattr("workers.redaction._content", lambda path: read.append(path) or "from-the-file")
    try:
        raise WorkerError("refused: from-the-file")
    except WorkerError:
        logging.getLogger("workers.x").exception("of from-the-file", extra={"a": "b", "c": "from-the-file"})
    event = json.loads(told.getvalue())
    assert (event["event"], event["c"], event["message"]) == ("of ***", "***", "refused: ***")
    assert read == ["a-file"]


def test_no_child_gets_a_secret_as_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ps` shows arguments to everybody, an environment to nobody else; the child's error has none either."""
    address, seen = "redis://app:hush-hush@127.0.0.1:1/0", []
    popen = subprocess.Popen

    def watch(command: list[str], **options: object) -> object:
        child = popen(command, **options)
        seen.append(Path(f"/proc/{child.pid}/cmdline").read_bytes())
        return child

    monkeypatch.setattr(subprocess, "Popen", watch)
    with pytest.raises(RuntimeError) as raised:
        list(second_opinions(address, "default", 1, 2, []))
    assert seen
    assert b"hush-hush" not in b"".join(seen)
    assert "hush-hush" not in str(raised.value)


def test_a_command_that_fails_tells_no_secret(tmp_path) -> None:
    """Not in its error: the address is told without its password."""
    environment = {**os.environ, "FRESHET_REGISTRY": "redis://app:hush-hush@127.0.0.1:1/0"}
    command = [sys.executable, "-m", "workers.cli", "models", "list"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "hush-hush" not in done.stdout + done.stderr
