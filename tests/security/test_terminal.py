# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest
from rich.table import Table

import engine
from engine.safe_files import strings_in
from engine.visible_text import visible
from schemas import Annotation, DecodeError, LabelledSpan, ModelRef, Source, encode_annotation
from workers.dead_letters import dead_letter
from workers.shown_addresses import shown
from workers.terminal import VisibleConsole
from workers.transports import OutgoingRecord, Record, open_transport

MARKED = "[/i][red]:bug:[link=file:///]"
HOSTILE = f"\x1b]0;TITLE\x07\x1b[2J\x1b]52;c;Y20=\x07\u202egnp\x9b31m\x7f\r\u2066{MARKED}"
TEXT = f"met {HOSTILE} Bob"
COMMANDING = re.compile(
    r"\x1b\][0-9]|\x1b\[2J|\x07|[\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n|\x1b\[(?:2K|1A|\?25[hl])|\Z)"
)
"""What must not reach a terminal; rich's own colours and movements of the cursor are no part of it."""

CORRECTION = {
    "schema": "freshet.correction.v1",
    "correction_id": HOSTILE,
    "id": HOSTILE,
    "text": TEXT,
    "author": f"ann{HOSTILE}",
    "created": "2026-01-01T00:00:00Z",
    "layers": {"cats": {"scores": {"X": 1.0}, "status": "complete"}},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log of hostile records, and a pipeline of a hostile author."""
    folder = tmp_path_factory.mktemp("terminal")
    ref = ModelRef(f"m{HOSTILE}", "1.0", "sha256:0")
    tokens = {"start": [0, len(TEXT) - 3], "end": [3, len(TEXT)], "pos": [HOSTILE, "PROPN"]}
    ents = [LabelledSpan(len(TEXT) - 3, len(TEXT), HOSTILE)]
    annotation = encode_annotation(
        Annotation(f"x{HOSTILE}", TEXT, None, tokens, ref, Source("texts", 0, 0), ents=ents)
    )
    message = json.dumps({"id": HOSTILE, "text": TEXT}).encode()
    broken = b'{"id": ' + HOSTILE.encode()
    letter = dead_letter(
        Record("texts", 0, 1, 0, HOSTILE.encode(), broken, ()),
        DecodeError("json", f"expected a JSON object, got {HOSTILE}"),
        topic="texts.dlq",
        stage="decode",
        model_version="1",
    )
    records = [
        OutgoingRecord("texts", message, b"k"),
        OutgoingRecord("annotations", annotation, b"k"),
        letter,
    ]
    log = open_transport(f"embedded:{folder}/log", auto_create=1)
    with closing(log), closing(log.producer()) as producer:
        producer.send([*records, OutgoingRecord("corrections", json.dumps(CORRECTION).encode(), b"k")])
    pipeline = engine.blank("en")
    pipeline.meta.update(name=f"name{HOSTILE}", author=HOSTILE, description=TEXT)
    pipeline.to_disk(folder / "model")
    (folder / "texts.jsonl").write_bytes(message + b"\n")
    return folder


def on_terminal(words: Sequence[str], folder: Path) -> str:
    """What a command writes to a terminal, on stdout and stderr."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "FRESHET_BROKER": f"embedded:{folder}/log", "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.cli", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=environment | {"OMP_NUM_THREADS": "1", "COLUMNS": "200"},
    )
    os.close(theirs)
    written = b""
    with suppress(OSError):  # Linux says so when the other end is closed
        while piece := os.read(ours, 1 << 16):
            written += piece
    process.wait(60)
    os.close(ours)
    return written.decode("utf-8", "replace")


COMMANDS = {
    "read": ["read", "texts"],
    "read json": ["read", "annotations", "--json"],
    "read pretty": ["read", "annotations", "--pretty"],
    "read pretty texts": ["read", "texts", "--pretty"],
    "read pretty corrections": ["read", "corrections", "--pretty"],
    "dlq list": ["dlq", "list"],
    "dlq json": ["dlq", "list", "--json"],
    "dlq show": ["dlq", "show", "0:0"],
    "explain": ["explain", "annotations:0:0"],
    "explain json": ["explain", "annotations:0:0", "--json"],
    "corrections": ["corrections", "authors"],
    "apply": ["apply", "model", "texts.jsonl"],
    "info": ["info", "model"],
    "info json": ["info", "model", "--json"],
    "error": ["read", f"topic{HOSTILE}", "--wait", "0"],
    "error of a file": ["apply", f"gone{HOSTILE}", "texts.jsonl"],
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_nothing_from_outside_commands_a_terminal(words: list[str], place: Path) -> None:
    """Each command that shows what came from outside writes control characters out; JSON reads back equal."""
    written = on_terminal(words, place)
    found = COMMANDING.search(written)
    assert found is None, (found, written[:2000])
    assert re.search(r"\\u001b|\\x1b", written) or words[0] == "corrections", written[:2000]
    if "--json" in words or words == ["read", "texts"]:
        (line,) = [line for line in written.splitlines() if line.startswith("{")]
        assert any(HOSTILE in text for text in strings_in(json.loads(line)))


def test_pipes_get_the_bytes_as_they_are(place: Path) -> None:
    """What is no terminal gets what was written, sign by sign."""
    run = subprocess.run(
        [sys.executable, "-m", "workers.cli", "read", "annotations"],
        capture_output=True,
        env={**os.environ, "FRESHET_BROKER": f"embedded:{place}/log"},
        timeout=60,
        check=True,
    )
    assert json.loads(run.stdout)["text"] == TEXT
    assert "\u202e".encode() in run.stdout


def test_what_looks_like_colours_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    """In lines, tables and what is said meanwhile, `[red]`, `[/x]` and `:bug:` stand as they came."""
    console = VisibleConsole()
    table = Table(MARKED)
    table.add_row(MARKED)
    console.print(MARKED)
    console.print(table)
    with console.status(MARKED) as status:
        status.update(MARKED)
        assert str(status.renderable.text) == MARKED  # type: ignore[attr-defined]
    assert capsys.readouterr().out.count(MARKED) == 3


@pytest.mark.parametrize("code", [*range(9), *range(0xB, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F)])
def test_every_control_character_is_written_out(code: int) -> None:
    """C0 but tab and line feed, DEL, C1, and the overrides of direction are escapes that JSON reads as the
    same
    sign."""
    assert json.loads(f'"{visible(chr(code))}"') == chr(code)
    assert not COMMANDING.search(visible(f"a{chr(code)}b"))


def test_text_stays_as_it_is() -> None:
    """Letters, emoji, joined signs and right-to-left scripts are no commands."""
    for text in ("a\tb\nc", "é 😀 👩‍👩‍👧", "שלום", "مرحبا\u200e", "中文", "\u00a0\u00ad"):
        assert visible(text) == text


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("kafka://user:password@host:9092", "kafka://host:9092"),
        ("kafka://user:pass@word@host:9092,b:9", "kafka://host:9092,b:9"),
        ("kafka://user:pass?word@host:9092", "kafka://host:9092"),
        ("kafka://user:pass/word@host:9092", "kafka://host:9092"),
        ("kafka:user:password@host:9092", "kafka:host:9092"),
        ("user:password@host:9092", "host:9092"),
        ("kafka://host:9092?sasl_username=a&sasl_password=password", "kafka://host:9092"),
        ("kafka://host:9092?sasl_password=pass@word", "kafka://host:9092"),
        ("redis://:password@host:6379/0", "redis://host:6379/0"),
        ("rediss://user:password@host", "rediss://host"),
        ("sentinel://user:password@a:1,b:2/name", "sentinel://a:1,b:2/name"),
        ("unix://user:password@/run/redis.sock", "unix:///run/redis.sock"),
        ("unix:///run/a@b.sock", "unix:///run/a@b.sock"),
        ("embedded:/tmp/a@b", "embedded:/tmp/a@b"),
    ],
)
def test_addresses_are_shown_without_credentials(address: str, expected: str) -> None:
    """Wherever a name or a password stands in an address, it is not shown."""
    assert shown(address) == expected


@pytest.mark.parametrize(
    "form", ["kafka://u:secret@h", "kafka:u:secret@h", "u:secret@h:1", "kafka://u:sec?ret@h"]
)
def test_errors_hold_no_password(form: str, tmp_path: Path) -> None:
    """A broker's address with a password is refused without showing it."""
    run = subprocess.run(
        [sys.executable, "-m", "workers.cli", "topics", "list", "--broker", form],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert run.returncode != 0
    assert "secret" not in run.stdout + run.stderr
    assert "sec?ret" not in run.stdout + run.stderr
