# SPDX-License-Identifier: Apache-2.0
"""What a large table of word vectors costs a process: `python -m benchmarks.vectors [--spacy-python PY]`.

A table of 500 MB, 300 numbers a word, as a sparse file (all zeros, keys and texts are real), saved as a
pipeline of ours and, for spaCy, as one of its own. A fresh process each loads it and looks up the words of
some thousand documents. Resident memory is read from /proc before, after loading and after looking up; what
belongs to files (pages that the system may take back at any time, and that processes share) stands apart.
Seconds are of the processor.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

import engine
from engine.file_digests import FileRecord
from engine.vectors.key_texts import KeyTexts
from engine.vocab.strings import string_ids

WIDTH = 300
N_TEXTS, N_WORDS = 2_000, 20
SIDE = """
import json, random, sys, time

def memory():
    rows = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return {name: int(rows[name].split()[0]) / 1024 for name in ("VmRSS", "RssFile")}

module, folder, n_words, n_texts, n_each = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
library = __import__(module)
library.blank("en")("warm")
before, began = memory(), time.process_time()
nlp = library.load(folder)
loaded, load_seconds = memory(), time.process_time() - began
rng = random.Random(1)
texts = [" ".join(f"word{rng.randrange(n_words)}x" for _ in range(n_each)) for _ in range(n_texts)]
docs = [nlp.make_doc(text) for text in texts]
began = time.process_time()
for doc in docs:
    doc.vector
seconds = time.process_time() - began
print(json.dumps({"before": before, "loaded": loaded, "used": memory(), "load_seconds": load_seconds,
                  "vectors_a_second": n_texts * n_each / seconds}))
"""


def main() -> None:
    """Print both sides."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--spacy-python", help="interpreter that has spaCy")
    options = parser.parse_args()
    n_words = options.megabytes * 1_000_000 // (4 * WIDTH)
    with tempfile.TemporaryDirectory() as scratch:
        words = [f"word{i}x" for i in range(n_words)]
        sides: list[tuple[str, str, Callable[[Path, list[str]], None]]] = [
            ("engine", sys.executable, save_ours)
        ]
        if options.spacy_python:
            sides.append(("spacy", options.spacy_python, save_as_spacy))
        print(f"{n_words:,} words, {options.megabytes} MB; {N_TEXTS} texts of {N_WORDS} words")
        for module, python, save in sides:
            folder = Path(scratch) / module
            began = time.process_time()
            save(folder, words)
            print(f"({module}: written in {time.process_time() - began:.1f} s)")
            report(module, measured(python, module, folder, n_words))


def measured(python: str, module: str, folder: Path, n_words: int) -> dict[str, Any]:
    """What one side says of itself, in a process of its own."""
    numbers = map(str, (n_words, N_TEXTS, N_WORDS))
    command = [python, "-c", SIDE, module, str(folder), *numbers]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def report(module: str, result: dict[str, Any]) -> None:
    """One side's figures."""
    for stage in ("before", "loaded", "used"):
        total, files = result[stage]["VmRSS"], result[stage]["RssFile"]
        print(f"{module:8} {stage:8} {total:8.0f} MB resident, {total - files:8.0f} MB without files")
    print(f"{module:8} load {result['load_seconds']:.2f} s, {result['vectors_a_second']:,.0f} words/s")


def save_ours(folder: Path, words: list[str]) -> None:
    """A pipeline of vectors in our files, the rows a hole in the file."""
    nlp = engine.blank("en")
    nlp.to_disk(folder)
    file = folder / "vectors.safetensors"
    write_sparse(file, words)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    meta = json.loads((folder / "meta.json").read_text())
    meta["files"][file.name] = {"size": file.stat().st_size, "sha256": digest}
    assert FileRecord(**meta["files"][file.name]).sha256 == digest
    (folder / "meta.json").write_text(json.dumps(meta))


def write_sparse(file: Path, words: list[str]) -> None:
    """The safetensors file of a table of zeros."""
    keys = string_ids(words)
    order = np.argsort(keys)
    texts = KeyTexts.of(words[i] for i in order.tolist())
    arrays: dict[str, np.ndarray[Any, Any]] = {
        "ends": texts.ends,
        "keys": keys[order].view(np.int64),
        "rows": order.astype(np.int64),
        "texts": texts.data,
    }
    kinds = {"ends": "I64", "keys": "I64", "rows": "I64", "texts": "U8"}
    settings = json.dumps({"mode": "keyed", "attr": "ORTH", "name": "sparse"})
    header: dict[str, Any] = {"__metadata__": {"settings": settings}}
    at = 0
    for name, array in arrays.items():
        place = [at, at + array.nbytes]
        header[name] = {"dtype": kinds[name], "shape": list(array.shape), "data_offsets": place}
        at += array.nbytes
    hole = -at % 4096
    size = 4 * WIDTH * len(words)
    at += hole
    header["data"] = {"dtype": "F32", "shape": [len(words), WIDTH], "data_offsets": [at, at + size]}
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % 4096)
    with file.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            stream.write(array.tobytes())
        stream.truncate(8 + len(text) + at + size)


def save_as_spacy(folder: Path, words: list[str]) -> None:
    """The same in spaCy's files."""
    vocab = folder / "vocab"
    vocab.mkdir(parents=True)
    shape = (len(words), WIDTH)
    np.lib.format.open_memmap(vocab / "vectors.npy", mode="w+", dtype="<f4", shape=shape)
    (vocab / "vectors.npy").rename(vocab / "vectors")
    rows = dict(zip(string_ids(words).tolist(), range(len(words)), strict=True))
    (vocab / "key2row").write_bytes(msgpack.packb(rows))
    (vocab / "vectors.cfg").write_text('{"mode":"default"}')
    (vocab / "strings.json").write_text(json.dumps(sorted(words)))
    (vocab / "lookups.bin").write_bytes(b"\x80")
    config = engine.blank("en").config.to_str()
    config = config.replace("freshet.", "spacy.")
    (folder / "config.cfg").write_text(config)
    (folder / "meta.json").write_text(json.dumps({"lang": "en", "name": "sparse", "version": "0.0.0"}))
    empty = dict.fromkeys(("prefix_search", "suffix_search", "infix_finditer", "token_match", "url_match"))
    packed = msgpack.packb({**empty, "exceptions": {}, "faster_heuristics": True})
    (folder / "tokenizer").write_bytes(packed)


if __name__ == "__main__":
    main()
