# SPDX-License-Identifier: Apache-2.0
"""Transformer pipelines that spaCy saved, and what it says with them: public test data outside of this
repository."""

from __future__ import annotations

import json
import lzma
import os
import re
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from safetensors import safe_open

import engine
from engine.doc.batch import Batch
from engine.spacy_files.msgpack import unpack
from engine.transformer import (
    Encoder,
    PieceBatch,
    TokenSpans,
    build_encoder,
    curated_config,
    hugging_face_names,
    piece_encoder,
    pieces_of_documents,
    pieces_of_spans,
    read_state,
    tokenizer_from_files,
)

Array = npt.NDArray[Any]

DATA = Path(os.environ.get("FRESHET_DATA", "")) / "pipelines_transformers"
needs_data = pytest.mark.skipif(
    "FRESHET_DATA" not in os.environ,
    reason="set FRESHET_DATA to the folder of the test data (with pipelines_transformers/ in it)",
)
SPACY_TRANSFORMERS = ("st_bert_slow", "st_bert_strided", "st_roberta_doc", "st_xlmr_sent")
CURATED = ("sct_bert_weighted", "sct_roberta")
RAW = ("sentencepiece_processor", "wordpiece_processor")


@dataclass(frozen=True)
class Tensors:
    """A file of tensors: what spaCy's own code gave for some texts."""

    arrays: dict[str, Array]
    texts: list[str]
    metadata: dict[str, str]


@cache
def tensors(name: str, kind: str = "") -> Tensors:
    """The tensors of a pipeline; `kind` is "" or "grads"."""
    file = DATA / (f"{name}.{kind}.safetensors" if kind else f"{name}.safetensors")
    with safe_open(file, "np") as opened:
        metadata = opened.metadata()
        arrays = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
    keys = sorted(key for key in metadata if re.fullmatch(r"text\.\d+|\d+\.text", key))
    return Tensors(arrays, [metadata[key] for key in keys], metadata)


@cache
def annotations(name: str) -> list[dict[str, Any]]:
    """What spaCy says of 150 texts."""
    with lzma.open(DATA / f"{name}.jsonl.xz", "rt", encoding="utf8") as lines:
        return [json.loads(line) for line in lines]


@cache
def member(name: str, path: str) -> bytes:
    """A file of a saved pipeline."""
    with tarfile.open(DATA / f"{name}.tar.xz") as files:
        found = files.extractfile(f"{name}/{path}")
        assert found is not None
        return found.read()


def node_attributes(name: str, path: str, node: str) -> dict[str, Any]:
    """Attributes of the nodes whose names end like that."""
    model = unpack(member(name, path), Path(name))
    found: dict[str, Any] = {}
    for saved, attributes in zip(model["nodes"], model["attrs"], strict=True):
        if saved["name"].endswith(node) and ">>" not in saved["name"]:
            for key, value in attributes.items():
                found[key] = value if key in RAW else unpack(value, Path(name))
    return found


def shims(name: str, path: str) -> list[dict[str, Any]]:
    """What wrapped modules saved."""
    model = unpack(member(name, path), Path(name))
    flat = [shim for some in model["shims"] for shim in some if shim is not None]
    return [unpack(shim, Path(name)) if isinstance(shim, bytes) else shim for shim in flat]


def settings(name: str, section: str) -> dict[str, Any]:
    """Values of a section of a pipeline's config."""
    text = member(name, "config.cfg").decode()
    lines = text[text.index(f"[{section}]\n") :].split("\n\n")[0].splitlines()[1:]
    return {key: json.loads(value) for key, value in (line.split(" = ", 1) for line in lines)}


@cache
def encoder_of(name: str) -> Encoder:
    """A pipeline's encoder."""
    if name in SPACY_TRANSFORMERS:
        shim = shims(name, "transformer/model")[0]
        return build_encoder(shim["config"], read_state(shim["state"], name), name=name)
    shim = shims(name, "transformer/model")[0]
    family = "roberta" if "roberta" in name else "bert"
    arguments = settings(name, "components.transformer.model")
    del arguments["@architectures"]
    state = hugging_face_names(family, read_state(shim["state"], name))
    return build_encoder(curated_config(family, arguments), state, name=name)


def pieces(name: str, batch: Batch, spans: TokenSpans | None = None) -> PieceBatch:
    """The pieces of a batch, by a pipeline's tokenizer or piece encoder."""
    if name in SPACY_TRANSFORMERS:
        files = dict(shims(name, "transformer/model")[0]["tokenizer"])
        use_fast = files.pop("kwargs")["use_fast"]
        tokenizer = tokenizer_from_files(files, use_fast=use_fast)
        return pieces_of_spans(tokenizer, batch, spans_of(name, batch) if spans is None else spans)
    kind = settings(name, "components.transformer.model.piece_encoder")["@architectures"].split(".")[1]
    windows = settings(name, "components.transformer.model.with_spans")
    encoder = piece_encoder(kind, node_attributes(name, "transformer/model", "_encoder"))
    return pieces_of_documents(encoder, batch, window=windows["window"], stride=windows["stride"])


def spans_of(name: str, batch: Batch) -> TokenSpans:
    """The spans that the pipeline's getter takes."""
    if "doc" in name:
        return TokenSpans(np.arange(batch.n_docs), batch.doc_offsets[:-1], batch.doc_offsets[1:])
    if "sent" in name:
        return _sentences(name, batch)
    return _strided(batch, 24, 16)


def _strided(batch: Batch, window: int, stride: int) -> TokenSpans:
    found = []
    for doc in range(batch.n_docs):
        rows, start = batch.rows(doc), batch.rows(doc).start
        for _ in range((rows.stop - rows.start) // stride):
            found.append((doc, start, min(start + window, rows.stop)))
            if start + window >= rows.stop:
                break
            start += stride
        else:
            if start < rows.stop:
                found.append((doc, start, rows.stop))
    docs, starts, ends = np.array(found, np.int64).reshape(-1, 3).T
    return TokenSpans(docs, starts, ends)


def _sentences(name: str, batch: Batch) -> TokenSpans:
    said = {each["text"]: each for each in annotations(name)}
    found = []
    for doc, text in enumerate(batch.texts):
        first = batch.rows(doc).start
        ends = (batch.starts + batch.lengths)[batch.rows(doc)].tolist()
        for sentence in said[text]["sents"]:
            stop = batch.rows(doc).start + ends.index(sentence["end"]) + 1
            found.append((doc, first, stop))
            first = stop
    docs, starts, ends = np.array(found, np.int64).reshape(-1, 3).T
    return TokenSpans(docs, starts, ends)


def batch_of(name: str, texts: list[str]) -> Batch:
    """Texts as a pipeline's own rules cut them."""
    tokenizer = engine.blank("en").tokenizer
    tokenizer.from_bytes(member(name, "tokenizer"))
    batch = tokenizer.tokenize(texts)
    assert isinstance(batch, Batch)
    return batch
