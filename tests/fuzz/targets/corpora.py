# SPDX-License-Identifier: Apache-2.0
"""Files of annotated documents: an error that names the file, or documents that are written and read back
with the same words."""

from __future__ import annotations

import json
import tempfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import engine
from engine.doc.doc import Doc
from engine.errors import EngineError
from engine.spacy_files.docbin import DocBin
from engine.training.corpus import read_corpus
from engine.training.json_lines import doc_of_row

from ..trial import Target, words_of
from .messages import corrections, prodigy

DOCBINS = Path(__file__).parents[2] / "engine" / "spacy_files" / "docbin"
FOLDER = Path(tempfile.mkdtemp(prefix="freshet-fuzz-"))
SEEDS = Path(__file__).parents[1] / "seeds"


def _files(suffix: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted(SEEDS.glob(f"*.{suffix}"))]


def _rows() -> list[bytes]:
    """Documents, and what else a line may be: corrections and Prodigy's tasks."""
    whole = (SEEDS / "rows.jsonl").read_bytes()
    return [whole, *whole.split(b"\n"), *map(_on_a_line, corrections.seeds()), *prodigy.seeds()]


def _on_a_line(data: bytes) -> bytes:
    return json.dumps(json.loads(data)).encode()


@cache
def _nlp() -> Any:
    return engine.blank("en")


def _docs(suffix: str, data: bytes) -> None:
    file = FOLDER / f"case{suffix}"
    file.write_bytes(data)
    try:
        docs = list(read_corpus(_nlp().tokenizer, file))
    except EngineError as error:
        assert str(file) in str(error), f"the error does not name the file: {error}"
        return
    for doc in docs:
        row = json.loads(json.dumps(doc.to_json()))
        again = doc_of_row(_nlp().tokenizer, row)
        assert again is not None and again.words == doc.words, "read back with other words"
        assert [(e.start, e.end, e.label) for e in again.ents] == [
            (e.start, e.end, e.label) for e in doc.ents
        ]


def _bin(data: bytes) -> None:
    docs = list(DocBin().from_bytes(data).get_docs(_nlp().vocab))
    again = list(DocBin(docs=docs).from_bytes(DocBin(docs=docs).to_bytes()).get_docs(_nlp().vocab))
    assert [doc.words for doc in again] == [doc.words for doc in docs], "read back with other words"


def _bins() -> list[bytes]:
    nlp = _nlp()
    docs = [nlp("Ada met Bob."), Doc(nlp.tokenizer.tokenize(["a b"]), 0), nlp("")]
    docs[0].set_ents([(0, 1, "PER")])
    return [
        DocBin(docs=docs).to_bytes(),
        DocBin(docs=docs[:1]).to_bytes(),
        (DOCBINS / "saved.spacy").read_bytes(),
    ]


def _raw_bin(data: bytes) -> None:
    """Half of the cases are the msgpack inside of the zlib stream, which mutations would never reach."""
    _bin(zlib.compress(data, 1) if data[:1] != b"\x78" else data)


def _raw_bins() -> list[bytes]:
    return [*_bins(), *(zlib.decompress(data) for data in _bins())]


conllu = Target("conllu", lambda data: _docs(".conllu", data), lambda: _files("conllu"), words_of("corpora"))
iob2 = Target("iob2", lambda data: _docs(".iob2", data), lambda: _files("iob2"), words_of("corpora"))
jsonl = Target("jsonl", lambda data: _docs(".jsonl", data), _rows, words_of("messages"), rounds=3)
docbin = Target("docbin", _raw_bin, _raw_bins, words_of("docbin"), rounds=2)
