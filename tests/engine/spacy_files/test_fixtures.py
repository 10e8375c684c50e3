"""Pipelines trained on English, outside of this repository, and what spaCy says with them."""

from __future__ import annotations

import json
import lzma
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

import engine

DATA = os.environ.get("FRESHET_DATA")

pytestmark = pytest.mark.skipif(
    DATA is None, reason="set FRESHET_DATA to the folder of the test data (with pipelines/ in it)"
)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both pipelines."""
    folder = tmp_path_factory.mktemp("pipelines")
    for archive in (Path(str(DATA)) / "pipelines").glob("*.tar.xz"):
        with tarfile.open(archive) as files:
            files.extractall(folder, filter="data")
    return folder


def expected(name: str) -> list[dict[str, Any]]:
    """What spaCy says of each document."""
    with lzma.open(Path(str(DATA)) / "pipelines" / f"{name}.dev.jsonl.xz", "rt", encoding="utf8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", ["ud_cnn", "uner_cnn"])
def test_all_layers_are_identical(unpacked: Path, name: str) -> None:
    """Tags, features, trees, sentences and entities of all 318 documents."""
    docs = expected(name)
    pipeline = engine.load(unpacked / name)
    assert [doc.to_json() for doc in pipeline.pipe([doc["text"] for doc in docs])] == docs


def test_a_pipeline_without_one_of_its_components_is_identical_in_the_others(unpacked: Path) -> None:
    """Tags and features where the parser is left out."""
    docs = expected("ud_cnn")
    pipeline = engine.load(unpacked / "ud_cnn", exclude=["parser"])
    keys = ("id", "start", "end", "tag", "pos", "morph")
    wanted = [[{key: token[key] for key in keys} for token in doc["tokens"]] for doc in docs]
    assert [doc.to_json()["tokens"] for doc in pipeline.pipe([doc["text"] for doc in docs])] == wanted


def test_half_precision_changes_next_to_nothing(unpacked: Path, tmp_path: Path) -> None:
    """At most 0.2 % of the tokens differ in any layer."""
    docs = expected("ud_cnn")
    engine.load(unpacked / "ud_cnn").to_disk(tmp_path, half=True)
    got = [doc.to_json()["tokens"] for doc in engine.load(tmp_path).pipe([doc["text"] for doc in docs])]
    pairs = [
        pair for mine, doc in zip(got, docs, strict=True) for pair in zip(mine, doc["tokens"], strict=True)
    ]
    for layer in ("tag", "pos", "morph", "dep", "head"):
        assert sum(mine[layer] != theirs[layer] for mine, theirs in pairs) <= 0.002 * len(pairs)
