# SPDX-License-Identifier: Apache-2.0
"""Commands on logs: topics, send, read, dlq."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from schemas import DeadLetter, Source, dead_letter_headers
from workers.transports.address import open_transport
from workers.transports.base import OutgoingRecord

from .conftest import Run


@pytest.fixture
def with_topic(run: Run) -> Run:
    """A log that has the topic texts, of one partition."""
    assert run("topics", "create", "texts", "--partitions", 1).exit_code == 0
    return run


def _rows(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_making_a_topic_twice_is_no_error(with_topic: Run) -> None:
    """Administration may be repeated without harm."""
    again = with_topic("topics", "create", "texts", "--partitions", 3)
    assert again.exit_code == 0
    assert "exists already" in again.stdout
    assert json.loads(with_topic("topics", "list", "--json").stdout) == [
        {"name": "texts", "partitions": 1, "records": 0}
    ]


def test_json_lines_arrive_as_they_were_sent(with_topic: Run, tmp_path: Path) -> None:
    """A JSON line goes into the log byte for byte, whatever it holds; stdout of read is nothing but
    messages."""
    lines = ['{"id":"a","text":"Grüße aus Köln"}', '{"text":17}', "no json at all"]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert with_topic("send", "texts", "in.jsonl").exit_code == 0
    assert _rows(with_topic("read", "texts").stdout) == [
        {"id": "a", "text": "Grüße aus Köln"},
        {"text": 17},
        "no json at all",
    ]


def test_plain_lines_become_messages(with_topic: Run) -> None:
    """`--format text` makes a text message of each line."""
    with_topic("send", "texts", "--format", "text", input="One line.\n\nAnother.\n")
    assert [row["text"] for row in _rows(with_topic("read", "texts").stdout)] == ["One line.", "Another."]


def test_a_field_may_be_the_key(with_topic: Run) -> None:
    """`--key-field` takes the record's key from the line; a line without it has none."""
    with_topic("send", "texts", "-", "--key-field", "user", input='{"user":7,"text":"a"}\n{"text":"b"}\n')
    assert [row["key"] for row in _rows(with_topic("read", "texts", "--json").stdout)] == ["7", None]


def test_whole_records_have_place_and_headers(with_topic: Run) -> None:
    """`read --json` shows what is around a message."""
    with_topic("send", "texts", input='{"text":"a"}\n')
    (row,) = _rows(with_topic("read", "texts", "--json").stdout)
    assert {key: row[key] for key in ("topic", "partition", "offset", "headers")} == {
        "topic": "texts",
        "partition": 0,
        "offset": 0,
        "headers": {},
    }
    assert row["value"] == {"text": "a"}


def test_bytes_that_are_no_text_are_shown_in_base64(with_topic: Run) -> None:
    """A value that is not UTF-8 still makes a line of valid JSON."""
    with_topic("send", "texts", "--format", "bare", input=b"\xff\xfe\n")
    assert _rows(with_topic("read", "texts").stdout) == [{"base64": "//4="}]


def test_reading_may_begin_later_and_stop_earlier(with_topic: Run) -> None:
    """`--from` and `--limit` cut a stretch out of a topic."""
    with_topic("send", "texts", input="".join(f'{{"text":"{i}"}}\n' for i in range(5)))
    assert [row["text"] for row in _rows(with_topic("read", "texts", "--from", 1, "--limit", 2).stdout)] == [
        "1",
        "2",
    ]
    assert with_topic("read", "texts", "--from", "latest").stdout == ""


def test_lag_counts_what_a_group_has_not_read(with_topic: Run) -> None:
    """A group that committed nothing is behind by the whole topic."""
    with_topic("send", "texts", input='{"text":"a"}\n{"text":"b"}\n')
    (row,) = json.loads(with_topic("topics", "lag", "--json").stdout)
    assert (row["lag"], row["committed"]) == (2, None)


def _bury(value: bytes, offset: int) -> None:
    letter = DeadLetter(Source("texts", 0, offset), "json", "expected a JSON object", "decode")
    with (
        closing(open_transport("embedded:./.freshet")) as transport,
        closing(transport.producer()) as producer,
    ):
        producer.send([OutgoingRecord("texts.dlq", value, headers=dead_letter_headers(letter), partition=0)])


def test_dead_letters_are_listed_and_shown(with_topic: Run) -> None:
    """A dead letter's place, reason and value can be looked at."""
    with_topic("topics", "create", "texts.dlq", "--partitions", 1)
    _bury(b"oops", 3)
    (row,) = _rows(with_topic("dlq", "list", "--json").stdout)
    assert (row["exception"], row["source"]) == ("json", {"topic": "texts", "partition": 0, "offset": 3})
    assert "oops" in with_topic("dlq", "show", "0:0").stdout
    assert with_topic("dlq", "show", "0:9").exit_code == 1


def test_a_redriven_letter_goes_back_with_its_tries_counted(with_topic: Run) -> None:
    """Redriving writes the original value to its topic, without the dead letter's headers and with one try
    more."""
    with_topic("topics", "create", "texts.dlq", "--partitions", 1)
    _bury(b"oops", 3)
    _bury(b"again", 4)
    assert with_topic("dlq", "redrive", "--all").exit_code == 0
    rows = _rows(with_topic("read", "texts", "--json").stdout)
    assert [row["value"] for row in rows] == ["oops", "again"]
    assert rows[0]["headers"] == {"freshet-attempts": "2"}


def test_a_record_goes_back_once_however_many_letters_tell_of_it(with_topic: Run) -> None:
    """Two readers of one topic may each have written a letter about the same record."""
    with_topic("topics", "create", "texts.dlq", "--partitions", 1)
    _bury(b"oops", 3)
    _bury(b"oops", 3)
    assert "1 records went back" in with_topic("dlq", "redrive", "--all").stderr
    assert len(_rows(with_topic("read", "texts").stdout)) == 1


def test_all_letters_are_redriven_once_however_often_one_asks(with_topic: Run) -> None:
    """Only a place that is named goes again; a new letter is open, and the list says which ones are."""
    with_topic("topics", "create", "texts.dlq", "--partitions", 1)
    _bury(b"oops", 3)
    for _ in range(3):
        assert with_topic("dlq", "redrive", "--all").exit_code == 0
    assert len(_rows(with_topic("read", "texts").stdout)) == 1
    _bury(b"oops", 7)
    listed = _rows(with_topic("dlq", "list", "--json").stdout)
    assert [row["state"] for row in listed] == ["redriven", "open"]
    assert len(_rows(with_topic("dlq", "list", "--json", "--open").stdout)) == 1
    assert "1 records went back" in with_topic("dlq", "redrive", "--all").stderr
    assert "1 records went back" in with_topic("dlq", "redrive", "0:0").stderr
    assert len(_rows(with_topic("read", "texts").stdout)) == 3


def test_a_letter_that_was_redriven_by_its_place_is_not_open(with_topic: Run) -> None:
    """`--all` sends back what nobody sent back before."""
    with_topic("topics", "create", "texts.dlq", "--partitions", 1)
    _bury(b"oops", 3)
    assert with_topic("dlq", "redrive", "0:0").exit_code == 0
    assert "0 records went back" in with_topic("dlq", "redrive", "--all").stderr


def test_places_are_redriven_all_or_none(with_topic: Run) -> None:
    """A place without a letter is an error before anything is sent."""
    with_topic("topics", "create", "texts.dlq", "--partitions", 1)
    _bury(b"oops", 3)
    assert with_topic("dlq", "redrive", "0:0", "0:9").exit_code == 1
    assert with_topic("read", "texts", "--wait", 0).stdout == ""
    assert with_topic("dlq", "redrive", "0:0").exit_code == 0
    assert with_topic("read", "texts").stdout == '"oops"\n'


def test_text_that_is_not_utf8_is_refused_by_its_line_before_anything_is_sent(
    with_topic: Run, tmp_path: Path
) -> None:
    """A file in Latin-1 would arrive with replacement characters, and nobody would know."""
    file = tmp_path / "texts.txt"
    file.write_bytes("gut\n\nGrüße\n".encode("latin-1"))
    refused = with_topic("send", "texts", str(file))
    assert (refused.exit_code, f"{file}:3: expected UTF-8, got byte 0xfc at 2" in refused.stderr) == (1, True)
    assert with_topic("read", "texts", "--wait", 0).stdout == ""


@pytest.mark.parametrize(("name", "line"), [("t.txt", "Hello"), ("t.jsonl", '{"text":"Hello"}')])
def test_a_byte_order_mark_is_no_part_of_a_text(
    with_topic: Run, tmp_path: Path, name: str, line: str
) -> None:
    """Editors on Windows write one at the start of files."""
    file = tmp_path / name
    file.write_text(f"{line}\n", encoding="utf-8-sig")
    with_topic("send", "texts", str(file))
    (row,) = _rows(with_topic("read", "texts").stdout)
    assert row["text"] == "Hello"
