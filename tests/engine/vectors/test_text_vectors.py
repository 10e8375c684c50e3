# SPDX-License-Identifier: Apache-2.0
"""Files of word vectors as people have them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import EngineError
from engine.vectors import KeyedVectors
from engine.vectors.text_vectors import read_floret_vectors, read_word_vectors

ROWS = "town 1 0 0\ncity 0.9 0.1 0\n. . 0 1e-1 -2\n"
WANTED = {"town": [1, 0, 0], "city": [0.9, 0.1, 0], ". .": [0, 0.1, -2]}
FLORET = "2 3 2 3 2 2166136261 < >\n0 1 2 3\n1 4 5 6\n"


def words_of(table: KeyedVectors) -> dict[str, list[float]]:
    """Each word and its vector, in order."""
    keys, rows = table.pairs()
    return {
        table.text_of(key) or "": table.data[row].tolist()
        for key, row in zip(keys.tolist(), rows.tolist(), strict=True)
    }


def _zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("vectors.txt", data)
    return packed.getvalue()


def _tarred(data: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("vectors.txt")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


@pytest.mark.parametrize("head", ["", "3 3\n", "3\t3\n", "99 3\n"], ids=["GloVe", "word2vec", "tab", "cut"])
def test_words_are_read_with_and_without_a_line_of_sizes(tmp_path: Path, head: str) -> None:
    """Words may hold blanks; a file may be cut."""
    file = tmp_path / "v.txt"
    file.write_text(head + ROWS, encoding="utf8")
    assert {word: pytest.approx(vector) for word, vector in WANTED.items()} == words_of(
        read_word_vectors(file)
    )


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("v.vec.gz", gzip.compress),
        ("v.vec.bz2", bz2.compress),
        ("v.vec.xz", lzma.compress),
        ("v.zip", _zipped),
        ("v.tar.gz", _tarred),
        ("v.tgz", _tarred),
    ],
)
def test_packed_files_are_read_as_they_are(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    """fastText's text lines end with a blank."""
    file = tmp_path / name
    file.write_bytes(pack(("3 3\n" + ROWS.replace("\n", " \n")).encode()))
    assert list(words_of(read_word_vectors(file))) == list(WANTED)


def test_an_archive_of_several_files_is_refused(tmp_path: Path) -> None:
    """Which one is meant cannot be known."""
    file = tmp_path / "v.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", "x")
        archive.writestr("b", "y")
    with pytest.raises(EngineError, match="one file, got 2"):
        read_word_vectors(file)


def test_the_binary_form_of_word2vec_is_read(tmp_path: Path) -> None:
    """A line break between the rows or none."""
    for gap in (b"", b"\n"):
        rows = [word.encode() + b" " + struct.pack("<3f", *WANTED[word]) for word in ("town", "city")]
        (tmp_path / "v.bin").write_bytes(b"2 3\n" + gap.join(rows) + gap)
        assert list(words_of(read_word_vectors(tmp_path / "v.bin"))) == ["town", "city"]
    (tmp_path / "v.bin").write_bytes(b"2 3\ntown 123")
    with pytest.raises(EngineError, match="the file is cut"):
        read_word_vectors(tmp_path / "v.bin")


def test_only_the_first_words_are_read_where_that_is_asked(tmp_path: Path) -> None:
    """Frequent words come first."""
    (tmp_path / "v.txt").write_text(ROWS)
    assert list(words_of(read_word_vectors(tmp_path / "v.txt", truncate=2))) == ["town", "city"]


def test_the_last_of_equal_words_counts(tmp_path: Path) -> None:
    """As where keys are set one after the other."""
    (tmp_path / "v.txt").write_text("a 1 2\nb 3 4\na 5 6\n")
    assert words_of(read_word_vectors(tmp_path / "v.txt")) == {"a": [5, 6], "b": [3, 4]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2 3\na 1 2 3\nb 1 2\n", "line 3: expected a word and 3 numbers, got 3 fields"),
        ("a 1 2 3\nb 1 x 3\n", "line 2: expected a word and 3 numbers"),
        ("", "got b'' as the first line"),
        ("3 3\n", "got none"),
    ],
)
def test_lines_that_do_not_fit_are_told(tmp_path: Path, text: str, message: str) -> None:
    """With their number."""
    (tmp_path / "v.txt").write_text(text)
    with pytest.raises(EngineError, match=message):
        read_word_vectors(tmp_path / "v.txt")


def test_a_floret_file_says_its_settings(tmp_path: Path) -> None:
    """Rows by number, all of them."""
    (tmp_path / "v.floret").write_text(FLORET)
    table = read_floret_vectors(tmp_path / "v.floret")
    assert np.array_equal(table.data, [[1, 2, 3], [4, 5, 6]])
    assert table.settings == {
        "minn": 2,
        "maxn": 3,
        "hash_count": 2,
        "hash_seed": 2166136261,
        "bow": "<",
        "eow": ">",
        "attr": "ORTH",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ROWS, "first line of a floret file"),
        (FLORET.replace("1 4", "7 4"), "expected row 1 of 2, got '7'"),
        (FLORET.rsplit("1 4")[0], "expected 2 rows, got 1"),
        (FLORET.replace("2 3 2 3 2", "2 3 2 3 9"), "1 to 4 hashes"),
    ],
)
def test_what_is_no_floret_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """With the line."""
    (tmp_path / "v.floret").write_text(text)
    with pytest.raises(EngineError, match=message):
        read_floret_vectors(tmp_path / "v.floret")
