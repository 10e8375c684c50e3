# SPDX-License-Identifier: Apache-2.0
"""Folders of saved pipelines with one file changed: an error, or a pipeline that annotates, and is written
and read back as the same one. A case is the file's name, a line feed, and its content."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import engine
from engine import Doc

from ...engine.toy import alone, shared, toy_pipeline
from ...security.strangers import sealed
from ..trial import Target, words_of

SPACY = Path(__file__).parents[2] / "engine" / "spacy_files" / "golden"
TEXT = "Ada met 2 of them in Kigali, they're gone."
SAVED = Path(tempfile.mkdtemp(prefix="freshet-fuzz-"))


@cache
def _own() -> Path:
    folder = SAVED / "own"
    nlp = toy_pipeline(shared("tagger", "ner"))
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": [{"LOWER": {"REGEX": "^a+b?$"}}]}])
    nlp.to_disk(folder)
    return folder


@cache
def _ruled() -> Path:
    """What has files of rules, tables and knowledge."""
    folder = SAVED / "ruled"
    rules = [alone(name) for name in ("lemmatizer", "attribute_ruler", "span_ruler", "sentencizer")]
    heads = shared("tagger", "textcat", "ner", "entity_linker")
    toy_pipeline({**heads, **{name: part for rule in rules for name, part in rule.items()}}).to_disk(folder)
    return folder


@cache
def _theirs() -> Path:
    folder = SAVED / "theirs"
    shutil.copytree(SPACY / "heads", folder)
    return folder


@cache
def _seeds(folder: Path) -> Sequence[bytes]:
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.stat().st_size < 200_000)
    return [f"{file.relative_to(folder)}\n".encode() + file.read_bytes() for file in files]


def _tried(original: Callable[[], Path], case: bytes) -> None:
    name, _, content = case.partition(b"\n")
    known = {seed.partition(b"\n")[0] for seed in _seeds(original())}
    if name not in known:
        return
    folder = SAVED / "case"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original(), folder)
    (folder / name.decode()).write_bytes(content)
    if name != b"meta.json" and (folder / "tokenizer.json").exists():
        sealed(folder)
    said_and_read_back(folder)


def said_and_read_back(folder: Path) -> tuple[Doc, Doc]:
    """What a folder's pipeline says, and what it says once it was written and read again: the same."""
    nlp = engine.load(folder)
    said = nlp(TEXT)
    again = SAVED / "again"
    shutil.rmtree(again, ignore_errors=True)
    nlp.to_disk(again)
    read = engine.load(again)(TEXT)
    assert read.to_json() == said.to_json(), "read back as another pipeline"
    return said, read


folders_own = Target(
    "folders_own", lambda data: _tried(_own, data), lambda: _seeds(_own()), words_of("folders"), rounds=3
)
folders_ruled = Target(
    "folders_ruled",
    lambda data: _tried(_ruled, data),
    lambda: _seeds(_ruled()),
    words_of("folders"),
    rounds=3,
)
folders_spacy = Target(
    "folders_spacy",
    lambda data: _tried(_theirs, data),
    lambda: _seeds(_theirs()),
    words_of("folders"),
    rounds=3,
)
