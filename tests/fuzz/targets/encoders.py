# SPDX-License-Identifier: Apache-2.0
"""Encoders of strangers with one file changed, as Hugging Face's folders and in saved pipelines: an error, or
one that reads text, and is written and read back as the same one. A case is the name of the folder and the
file, a line feed, and the file's content."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

import engine
from engine.transformer import (
    Encoder,
    Kind,
    PieceTokenizer,
    build_encoder,
    read_folder,
    tokenizer_from_files,
)

from ...engine.tiny_encoder import tagger_block, transformer_block, write_encoder
from ...engine.transformer.test_classifiers import made
from ...security.strangers import sealed
from ..trial import Target, words_of
from .folders import TEXT, said_and_read_back

SAVED = Path(tempfile.mkdtemp(prefix="freshet-fuzz-encoders-"))
SMALL: dict[str, Any] = {"hidden_size": 8, "num_hidden_layers": 1, "intermediate_size": 8}


@cache
def _folders() -> Path:
    """An encoder, `bert`, and a pipeline on it, `saved`, which has a classifier, too."""
    torch.set_num_threads(1)
    root = SAVED / "good"
    encoder = write_encoder(root / "bert", **SMALL)
    made(SAVED / "classifier", "bert", Kind.TEXTS, **SMALL)
    nlp = engine.blank("en")
    for name, block in (("transformer", transformer_block(encoder)), ("tagger", tagger_block())):
        nlp.add_pipe(name, config={key: value for key, value in block.items() if key != "factory"})
    words = nlp.make_doc("Ada met Grace")
    nlp.initialize(lambda: [engine.Example.from_dict(words, {"tags": ["NNP", "VBD", "NNP"]})])
    nlp.add_pipe("hf_text_classifier", config={"model": str(SAVED / "classifier")})
    nlp.to_disk(root / "saved")
    return root


@cache
def _seeds() -> Sequence[bytes]:
    root = _folders()
    files = sorted(file for file in root.rglob("*") if file.is_file() and file.stat().st_size < 200_000)
    return [f"{file.relative_to(root)}\n".encode() + file.read_bytes() for file in files]


def _tried(case: bytes) -> None:
    name, _, content = case.partition(b"\n")
    if name not in {seed.partition(b"\n")[0] for seed in _seeds()}:
        return
    kind, _, file = name.decode().partition("/")
    folder = SAVED / "case"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_folders() / kind, folder)
    (folder / file).write_bytes(content)
    if kind == "bert":
        _try_encoder(folder)
    else:
        _try_pipeline(folder, is_sealed=file != "meta.json")


def _try_encoder(folder: Path) -> None:
    read = read_folder(folder, "case")
    tokenizer = tokenizer_from_files(read.tokenizer_files)
    encoder = build_encoder(read.config, read.state, name="case")
    rows = _rows(encoder, tokenizer)
    again = build_encoder(encoder.config, encoder.state(), name="again")
    same = _rows(again, tokenizer_from_files(tokenizer.files))
    assert np.array_equal(rows, same, equal_nan=True), "read back as another encoder"


def _rows(encoder: Encoder, tokenizer: PieceTokenizer) -> Any:
    pieces = tokenizer.encode([TEXT])
    return encoder.encode(pieces.ids, pieces.cu_seq_lens).last


def _try_pipeline(folder: Path, *, is_sealed: bool) -> None:
    if is_sealed:
        sealed(folder)
    said, read = said_and_read_back(folder)
    assert np.array_equal([*read.cats.values()], [*said.cats.values()], equal_nan=True)


encoders = Target("encoders", _tried, _seeds, words_of("encoders"), rounds=3)
