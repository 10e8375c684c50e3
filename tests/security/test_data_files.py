# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import engine
from engine import EngineError
from engine.spacy_files import load_embedding
from engine.training.corpus import configure_jsonl_corpus, configure_plain_text_corpus, read_corpus

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
