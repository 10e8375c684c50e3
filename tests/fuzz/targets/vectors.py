# SPDX-License-Identifier: Apache-2.0
"""Tables of vectors as files: of ours, and the matrix and keys of spaCy's."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgpack
import numpy as np

from engine.pipeline.saved_files import vectors_of
from engine.spacy_files.folder import Folder
from engine.spacy_files.vocab_folder import Vocab
from engine.vectors import FloretVectors, KeyedVectors, vectors_to_bytes
from engine.vocab.strings import string_id

from ..trial import Target, words_of
from .corpora import FOLDER, _nlp

DATA = np.arange(12, dtype=np.float32).reshape(4, 3)
KEYS = np.array([string_id(word) for word in ("a", "b", "c", "d")], dtype=np.uint64)
FLORET = {"minn": 2, "maxn": 3, "hash_count": 2, "hash_seed": 1, "bow": "<", "eow": ">", "attr": "ORTH"}


@cache
def _seeds() -> Sequence[bytes]:
    keyed = KeyedVectors.of(DATA, KEYS, np.arange(4, dtype=np.int64), "ORTH")
    matrix, keys = io.BytesIO(), msgpack.packb({int(key): row for row, key in enumerate(KEYS)})
    np.save(matrix, DATA)
    floret = FloretVectors(DATA, **FLORET)  # type: ignore[arg-type]
    return [
        *(b"own\n" + vectors_to_bytes(table) for table in (keyed, floret)),
        b"vectors\n" + matrix.getvalue(),
        b"key2row\n" + keys,
        b"vectors.cfg\n" + json.dumps({"mode": "default", "attr": "ORTH"}).encode(),
        b"vectors.cfg\n" + json.dumps({"mode": "floret", **FLORET}).encode(),
    ]


def _tried(case: bytes) -> None:
    kind, _, data = case.partition(b"\n")
    if kind == b"own":
        table = vectors_of(data, Path("vectors.safetensors"))
    else:
        folder = FOLDER / "vocab"
        folder.mkdir(exist_ok=True)
        for seed in _seeds()[2:5]:
            name, _, good = seed.partition(b"\n")
            (folder / name.decode()).write_bytes(data if name == kind else good)
        found = Vocab(Folder(folder)).vectors
        if found is None:
            return
        table = found
    lexemes = _nlp().vocab.lexemes
    table.rows_or_last(lexemes, lexemes.add_keys(["a", "of", "zzz"]))
    again = vectors_of(vectors_to_bytes(table), Path("again"))
    assert np.array_equal(again.data, table.data, equal_nan=True), "read back as another table"


vectors = Target("vectors", _tried, _seeds, words_of("vectors"), rounds=3)
