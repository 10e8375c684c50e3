# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest

import engine
from engine import EngineError
from engine.spacy_files import load_embedding
from engine.training.corpus import configure_jsonl_corpus, configure_plain_text_corpus, read_corpus
from engine.vectors.text_vectors import read_floret_vectors, read_word_vectors

CONLLU = "1\tDu\tdu\tPRON\tP\t_\t2\tnsubj\t_\t{misc}\n2\tbist\tsein\tAUX\tV\t_\t0\troot\t_\t_\n\n"


def docs_of(file: Path) -> list[engine.Doc]:
    """The documents of a file."""
    return list(read_corpus(engine.blank("en").tokenizer, file))


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("a.conllu", CONLLU.format(misc="_").encode()),
        ("b.conll", b"Ada NNP O B-PER\n\n"),
        ("a.iob", b"Ada|B-PER\n"),
        ("a.iob2", b"# a\n1\tAda\tB-PER\n"),
    ],
)
def test_what_is_not_utf8_is_named_with_line_and_byte(name: str, before: bytes, tmp_path: Path) -> None:
    """Wherever the wrong byte stands, the error says file, line, byte and place."""
    for times in (1, 5000):
        data = before * times + b"1\tM\xfcller\tB-PER\n"
        (tmp_path / name).write_bytes(data)
        line = data.count(b"\n")
        with pytest.raises(
            EngineError,
            match=rf"{name}:{line}: expected UTF-8, got .*0xfc at byte "
            f"{data.index(0xFC)}",
        ):
            docs_of(tmp_path / name)


def test_plain_texts_and_json_say_the_same(tmp_path: Path) -> None:
    """So do raw texts; JSON names the file and its line."""
    (tmp_path / "a.txt").write_bytes(b"good\nM\xfcller\n")
    with pytest.raises(EngineError, match=r"a\.txt:2: expected UTF-8, got .*0xfc at byte 6"):
        list(configure_plain_text_corpus(str(tmp_path / "a.txt"))(engine.blank("en")))
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "a"}\n{"text": "M\xfcller"}\n')
    with pytest.raises(EngineError, match=r"a\.jsonl:2"):
        docs_of(tmp_path / "a.jsonl")


@pytest.mark.parametrize(
    "misc", ["SpacesAfter=", "SpacesAfter=\\x", "SpacesInToken=\\x", "SpacesInToken=", "SpaceAfter="]
)
def test_notes_on_white_space_never_end_a_reading(misc: str, tmp_path: Path) -> None:
    """Whatever stands behind them, the words are read, or the error names file and line."""
    file = tmp_path / "a.conllu"
    file.write_text(CONLLU.format(misc=misc))
    try:
        assert docs_of(file)[0].words == ["Du", "bist"]
    except EngineError as error:
        assert f"{file}:1" in str(error)


@pytest.mark.parametrize("number", ["1", "1-2", "7"])
def test_a_line_of_conllu_without_a_word_is_named(number: str, tmp_path: Path) -> None:
    """Of a word, and of a range of words."""
    file = tmp_path / "a.conllu"
    file.write_text(CONLLU.format(misc="_") + f"{number}\t\tdu\tPRON\tP\t_\t0\troot\t_\t_\n\n")
    with pytest.raises(EngineError, match=r"a\.conllu:4: expected a word"):
        docs_of(file)


@pytest.mark.parametrize("number", ["1-x", "1-", "-", "x-2", "1-\u00b2", "1-99999999999999999999"])
def test_ranges_are_of_numbers(number: str, tmp_path: Path) -> None:
    """The range of a multiword token is one of numbers."""
    file = tmp_path / "a.conllu"
    file.write_text(f"{number}\tx{chr(9)}" + "\t".join("_" * 8) + "\n" + CONLLU.format(misc="_"))
    with pytest.raises(EngineError, match=r"a\.conllu:1: expected a range of words"):
        docs_of(file)


@pytest.mark.parametrize("head", ["\u00b2", "9" * 5000, "-1", "x", "3"])
def test_heads_are_numbers_of_words(head: str, tmp_path: Path) -> None:
    """Digits that are none, and numbers beyond all size, are no heads."""
    (tmp_path / "a.conllu").write_text(CONLLU.format(misc="_").replace("\t2\tnsubj", f"\t{head}\tnsubj"))
    with pytest.raises(EngineError, match=r"a\.conllu:1: expected the number of one of 2 words"):
        docs_of(tmp_path / "a.conllu")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            ("cats", value)
            for value in ({"A": None}, {"A": {}}, {"A": []}, {"A": "x"}, {"A": 2}, None, [], 1)
        ),
        *(("spans", value) for value in ({"sc": 1}, {"sc": None}, {"sc": {}}, 1, "x")),
        *(
            ("ents", value)
            for value in (None, 1, "x", {}, [1], [None], [[0]], [{"start": 0}], [{"start": "0"}])
        ),
        *(("sents", value) for value in (None, 1, [None], [[]])),
        *(("tokens", value) for value in (1, "x", [1], [None], [{}], [{"start": 0}], {"a": 1})),
    ],
)
def test_layers_of_json_have_their_form(key: str, value: object, tmp_path: Path) -> None:
    """A layer of another form is an error with file and line, never Python's."""
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({"text": "a b"}) + "\n" + json.dumps({"text": "a b", key: value}) + "\n")
    with pytest.raises(EngineError, match=r"a\.jsonl:2: "):
        docs_of(file)


@pytest.mark.parametrize("text", [None, 1, [], {}])
def test_raw_texts_are_texts(text: object, tmp_path: Path) -> None:
    """So is a raw text that is none."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": text}))
    with pytest.raises(EngineError, match=r"a\.jsonl:1: expected a text"):
        list(configure_jsonl_corpus(str(tmp_path / "a.jsonl"))(engine.blank("en")))


@pytest.mark.timeout(60)
def test_pretrained_weights_are_a_regular_file(tmp_path: Path) -> None:
    """A FIFO that nobody writes is refused, and not waited for."""
    os.mkfifo(tmp_path / "weights.bin")
    with pytest.raises(EngineError, match=r"weights\.bin: expected a regular file, got a pipe"):
        load_embedding(engine.blank("en"), {}, tmp_path / "weights.bin")


LIES = {
    "v.txt": (b"2 0\na\n", b"1 99999999999999999999\na 1\n", b"9" * 5000 + b" 3\na 1 2 3\n", b"", b"a"),
    "v.bin": (b"2\n", b"", b"1 -3\na ", b"1 99999999999999\na 1234", b"9" * 5000 + b" 3\na 1", b"x 3\n"),
    "v.vec": (
        b"-1 3 2 3 2 1 < >\n",
        b"99999999999999 300 2 3 2 1 < >\n0 1\n",
        b"2 -3 2 3 2 1 < >\n",
        b"2 3 2 3 2 1 < >\n0 1 2 3\n",
        b"1 1 2 3 999999999 1 < >\n0 1\n",
    ),
}


@pytest.mark.parametrize(("name", "data"), [(name, data) for name in LIES for data in LIES[name]])
def test_vectors_that_claim_what_is_not_there_are_refused(name: str, data: bytes, tmp_path: Path) -> None:
    """Sizes that are none, or far more than there is, take neither time nor memory."""
    (tmp_path / name).write_bytes(data)
    read = read_floret_vectors if name == "v.vec" else read_word_vectors
    with pytest.raises(EngineError, match=name):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("v.txt.gz", b"a 1 "),
        ("v.txt.gz", b"a 1\nb 1"),
        ("v.bin.gz", b"1 3\na"),
        ("v.bin.gz", b"1 3"),
        ("v.vec.gz", b"1 3 2 3 2 1 < >\n0 1 "),
        ("v.vec.gz", b"1 3 2 3 2 1 < "),
    ],
)
def test_a_packed_line_without_end_is_refused(name: str, begin: bytes, tmp_path: Path) -> None:
    """A hundredth of a file that inflates to 40 MB of one line, or one word."""
    data = gzip.compress(begin + b"1" * 40_000_000, 1)
    (tmp_path / name).write_bytes(data)
    read = read_floret_vectors if name == "v.vec.gz" else read_word_vectors
    tracemalloc.start()
    try:
        with pytest.raises(EngineError, match=name):
            read(tmp_path / name)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_a_zip_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """One with a password, or of a method that nobody knows."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("v.txt", b"a 1\n")
    for offset, value in ((6, 1), (8, 77)):
        data = bytearray(held.getvalue())
        data[offset] = data[data.index(b"PK\x01\x02") + offset + 2] = value
        (tmp_path / "v.zip").write_bytes(data)
        with pytest.raises(EngineError, match=r"v\.zip"):
            read_word_vectors(tmp_path / "v.zip")
