# SPDX-License-Identifier: Apache-2.0
"""Tables of vectors as files: of ours, the matrix and keys of spaCy's, and texts as people download them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import msgpack
import numpy as np

from engine.pipeline.saved_files import vectors_of
from engine.spacy_files.folder import Folder
from engine.spacy_files.vocab_folder import Vocab
from engine.vectors import FloretVectors, KeyedVectors, vectors_to_bytes
from engine.vectors.text_vectors import read_floret_vectors, read_word_vectors
from engine.vocab.strings import string_id

from ..trial import Target, words_of
from .corpora import FOLDER, _nlp

DATA = np.arange(12, dtype=np.float32).reshape(4, 3)
KEYS = np.array([string_id(word) for word in ("a", "b", "c", "d")], dtype=np.uint64)
FLORET = {"minn": 2, "maxn": 3, "hash_count": 2, "hash_seed": 1, "bow": "<", "eow": ">", "attr": "ORTH"}


TEXT = b"2 3\na 1 2 3\nof a b 0.5 -1 1e-3\n"
DOWNLOADED = {
    "v.txt": TEXT,
    "glove.txt": TEXT[4:],
    "v.bin": b"2 3\n" + b"".join(word + b" " + DATA[0].tobytes() for word in (b"a", b"of")),
    "floret.vec": b"2 3 2 3 2 1 < >\n0 1 2 3\n1 0.5 0 1\n",
}
"""As people download them, by their name."""


def _packed() -> Iterator[tuple[str, bytes]]:
    for name, data in DOWNLOADED.items():
        yield name, data
        yield f"{name}.gz", gzip.compress(data, mtime=0)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo("v.txt"), TEXT)
    yield "v.zip", held.getvalue()
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as packed:
        entry = tarfile.TarInfo("v.txt")
        entry.size = len(TEXT)
        packed.addfile(entry, io.BytesIO(TEXT))
    yield "v.tar", held.getvalue()


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
        *(name.encode() + b"\n" + data for name, data in _packed()),
    ]


def _tried(case: bytes) -> None:
    kind, _, data = case.partition(b"\n")
    if kind == b"own":
        table = vectors_of(data, Path("vectors.safetensors"))
    elif kind.startswith((b"v.", b"glove.", b"floret.")):
        table = _downloaded(kind, data)
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


def _downloaded(kind: bytes, data: bytes) -> KeyedVectors | FloretVectors:
    known = {name.encode() for name, _ in _packed()}
    file = FOLDER / (kind.decode() if kind in known else "v.txt")
    file.write_bytes(data)
    return read_floret_vectors(file) if kind.startswith(b"floret") else read_word_vectors(file)


vectors = Target("vectors", _tried, _seeds, words_of("vectors"), rounds=3)
