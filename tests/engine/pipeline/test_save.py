# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import engine
from engine import ModelFileError
from engine.vectors import KeyedVectors

from ..toy import EMBED, TOK2VEC, layers_of, shared, tagger_model, toy_config, toy_examples, toy_pipeline

TEXT = "Ada met Grace Hopper. They live in Kigali."
FILES = [
    "config.cfg",
    "tokenizer.json",
    "tok2vec/weights.safetensors",
    "tagger/weights.safetensors",
    "tagger/labels.json",
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved pipeline, not to be changed."""
    path = tmp_path_factory.mktemp("saved")
    toy_pipeline(shared("tagger", "ner")).to_disk(path)
    return path


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    for file in saved.rglob("*.*"):
        target = tmp_path / file.relative_to(saved)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    return tmp_path


def test_directory_holds_text_and_safetensors_only(saved: Path) -> None:
    """Nothing that is saved can run code."""
    names = {str(file.relative_to(saved)) for file in saved.rglob("*") if file.is_file()}
    assert names == {*FILES, "meta.json", "tok2vec/labels.json", "ner/weights.safetensors", "ner/labels.json"}


def test_meta_lists_size_and_digest_of_every_file(saved: Path) -> None:
    """`meta.json` names what the pipeline is and every file of it."""
    meta = json.loads((saved / "meta.json").read_text())
    assert meta["pipeline"] == ["tok2vec", "tagger", "ner"]
    assert set(meta["labels"]) == {"tagger", "ner"}
    assert all(set(entry) == {"size", "sha256"} for entry in meta["files"].values())
    assert len(meta["digest"]) == 64


@pytest.mark.parametrize("name", FILES)
def test_truncated_file_is_refused_with_its_name(copy: Path, name: str) -> None:
    """A file that lost its end is named, with what is wrong."""
    file = copy / name
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ModelFileError, match=rf"{name}: expected \d+ bytes, got \d+"):
        engine.load(copy)


@pytest.mark.parametrize("name", FILES)
def test_changed_file_is_refused_with_its_name(copy: Path, name: str) -> None:
    """One flipped bit is found."""
    file = copy / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(ModelFileError, match=rf"{name}: expected sha256"):
        engine.load(copy)


def test_missing_file_is_refused_with_its_name(copy: Path) -> None:
    """A file that is not there is named."""
    (copy / "ner/weights.safetensors").unlink()
    with pytest.raises(ModelFileError, match=r"ner/weights.safetensors: expected a file of \d+ bytes"):
        engine.load(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 2, "files": {}}', '{"format": 1}'])
def test_meta_that_makes_no_sense_is_refused(copy: Path, content: str) -> None:
    """Whatever stands in `meta.json`, the error names it."""
    (copy / "meta.json").write_text(content)
    with pytest.raises(ModelFileError, match=r"meta.json"):
        engine.load(copy)


def test_path_that_is_no_pipeline_is_refused(tmp_path: Path) -> None:
    """A path without a pipeline says so."""
    with pytest.raises(ModelFileError, match="expected the directory of a saved pipeline"):
        engine.load(tmp_path / "none")


def test_excluded_component_is_not_read(copy: Path) -> None:
    """What is excluded may even be broken."""
    (copy / "ner/weights.safetensors").write_bytes(b"")
    assert engine.load(copy, exclude=["ner"]).names == ["tok2vec", "tagger"]


def test_half_precision_halves_the_weights_and_keeps_the_labels(saved: Path, tmp_path: Path) -> None:
    """Weights are stored in 16 bits and used in 32."""
    nlp = engine.load(saved)
    nlp.to_disk(tmp_path, half=True)
    small, large = ((path / "tok2vec/weights.safetensors").stat().st_size for path in (tmp_path, saved))
    assert small < 0.6 * large
    assert layers_of(engine.load(tmp_path)(TEXT))["tags"] == layers_of(nlp(TEXT))["tags"]


def test_saving_again_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    """Loading and saving changes no file."""
    nlp = engine.load(saved)
    nlp.to_disk(tmp_path)
    for name in (*FILES, "meta.json"):
        assert (tmp_path / name).read_bytes() == (saved / name).read_bytes()
    assert nlp.digest == json.loads((saved / "meta.json").read_text())["digest"]


def test_static_vectors_are_saved_and_taken_over(tmp_path: Path) -> None:
    """Vectors travel with the pipeline, and `[initialize] vectors` takes them from a saved one for a new
    one."""
    embed = {**EMBED, "include_static_vectors": True}
    sections = {"tagger": {"factory": "tagger", "model": tagger_model({**TOK2VEC, "embed": embed})}}
    first = engine.build(toy_config(sections))
    ids = np.sort(first.tokenizer.tokenize(["Ada met"]).lexemes.attribute("ORTH")[:2])
    first.use_vectors(KeyedVectors(np.eye(2, 5, dtype=np.float32), ids, np.arange(2)))
    first.initialize(lambda: toy_examples(first))
    first.to_disk(tmp_path)
    assert engine.load(tmp_path)(TEXT).tags == first(TEXT).tags
    config = toy_config(sections)
    config["initialize"]["vectors"] = str(tmp_path)
    second = engine.build(config)
    second.initialize(lambda: toy_examples(second))
    assert second(TEXT).tags == first(TEXT).tags
