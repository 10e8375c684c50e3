# SPDX-License-Identifier: Apache-2.0
"""Encoders that the config of a saved pipeline names: read while it is loaded, and no farther than it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import engine
from engine import EngineError, ModelFileError
from engine.safe_files import confined
from engine.transformer import TransformerError, read_folder, read_pretrained, write_state
from engine.transformer.lora import LoraConfig
from workers.cli.adapters import show
from workers.errors import WorkerError

from .strangers import sealed

THEIRS = Path(__file__).parents[1] / "engine" / "spacy_files" / "golden" / "heads"


def encoder_folder(folder: Path) -> Path:
    """A folder in Hugging Face's layout."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "vocab.txt").write_text("[UNK]")
    (folder / "model.safetensors").write_bytes(write_state({"w": np.ones(3, np.float32)}))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A pipeline's folder with an encoder in it; there is another one beside it."""
    encoder_folder(tmp_path / "beside")
    encoder_folder(tmp_path / "saved" / "own")
    return tmp_path / "saved"


def test_encoders_inside_of_a_pipeline_are_read(root: Path) -> None:
    """By their path from its folder."""
    with confined(root):
        assert list(read_pretrained("own").state) == ["w"]


def test_encoders_outside_of_a_pipeline_are_not_read(root: Path) -> None:
    """Neither by an absolute path nor by one that leads up."""
    for name in (str(root.parent / "beside"), "../beside"):
        with confined(root), pytest.raises(ModelFileError, match="expected files inside the folder"):
            read_pretrained(name)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "vocab.txt"])
def test_links_of_an_encoder_stay_in_the_pipeline(root: Path, file: str) -> None:
    """A file that is a link to elsewhere is refused."""
    (root / "own" / file).unlink()
    (root / "own" / file).symlink_to(root.parent / "beside" / file)
    with confined(root), pytest.raises(ModelFileError, match="expected files inside the folder"):
        read_pretrained("own")
    with confined(root), pytest.raises(ModelFileError, match="expected files inside the folder"):
        read_folder(root / "own", "own")


def test_an_encoders_config_is_a_regular_file(root: Path) -> None:
    """A FIFO that nobody writes is refused, not waited for."""
    (root / "own" / "config.json").unlink()
    os.mkfifo(root / "own" / "config.json")
    with confined(root), pytest.raises(ModelFileError, match="expected a regular file, got a pipe"):
        read_pretrained("own")


def test_whoever_loads_may_name_an_encoder_elsewhere(root: Path) -> None:
    """In place of the config's."""
    mine = str(root.parent / "beside")
    with confined(root, [mine]):
        assert list(read_pretrained(mine).state) == ["w"]


def test_models_of_the_hub_are_read_from_its_cache(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is no path is one of the hub, whose folders link to the blobs beside them."""
    pytest.importorskip("transformers")
    cached = root.parent / "models--some--encoder"
    snapshot, blobs = encoder_folder(cached / "snapshots" / "0123"), cached / "blobs"
    blobs.mkdir()
    (snapshot / "model.safetensors").rename(blobs / "c0ffee")
    (snapshot / "model.safetensors").symlink_to("../../blobs/c0ffee")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("0123")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(root.parent))
    with confined(root):
        assert list(read_pretrained("some/encoder").state) == ["w"]


@pytest.mark.parametrize("text", ["{}", "[]", '{"weight_map": 3}', '{"weight_map": {"w": 1}}', "[" * 9000])
def test_an_index_that_is_none_is_refused(root: Path, text: str) -> None:
    """By its name, whatever else it holds."""
    (root / "own" / "model.safetensors").unlink()
    (root / "own" / "model.safetensors.index.json").write_text(text)
    with pytest.raises(EngineError, match=r"index\.json: expected"):
        read_folder(root / "own", "own")


def test_a_deep_config_is_refused(root: Path) -> None:
    """Nested deeper than any encoder's."""
    (root / "own" / "config.json").write_text('{"a":' * 9000)
    with pytest.raises(ModelFileError, match="nested up to"):
        read_folder(root / "own", "own")


@pytest.mark.parametrize("text", ["[" * 200_000, "[1]", "{"])
def test_an_adapters_settings_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    """By the reader, and by the command that shows them."""
    with pytest.raises(TransformerError, match=r"adapter_config\.json"):
        LoraConfig.from_json(text.encode())
    (tmp_path / "config.cfg").touch()
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "adapter_config.json").write_text(text)
    with pytest.raises((EngineError, WorkerError), match=r"adapter_config\.json: expected"):
        show(str(tmp_path))


def test_a_config_that_is_missing_is_named(root: Path) -> None:
    """With the folder where it was looked for."""
    (root / "own" / "config.json").unlink()
    with pytest.raises(TransformerError, match=r"expected .*config\.json with the config of an encoder"):
        read_folder(root / "own", "own")


@pytest.fixture
def saved(root: Path) -> Path:
    """A saved pipeline whose classifier has no files, and names a folder beside it."""
    pytest.importorskip("transformers")
    nlp = engine.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(root)
    return _named(root, str(root.parent / "beside"))


def _named(root: Path, model: str) -> Path:
    """The pipeline with a classifier of that name."""
    config = engine.Config().from_disk(root / "config.cfg")
    config["nlp"]["pipeline"] = ["sentencizer", "topics"]
    config["components"]["topics"] = {
        "factory": "hf_text_classifier",
        "model": model,
        "revision": "main",
        "labels": None,
        "precision": "fp32",
        "scorer": {"@scorers": "spacy.textcat_scorer.v2"},
    }
    config.to_disk(root / "config.cfg")
    return sealed(root)


def test_a_classifier_without_files_reads_nothing_elsewhere(saved: Path) -> None:
    """By whatever path it is named."""
    for model in (str(saved.parent / "beside"), "../beside"):
        folder = _named(saved, model)
        with pytest.raises(ModelFileError, match="expected files inside the folder of the saved pipeline"):
            engine.load(folder)


def test_a_classifier_without_files_fetches_nothing(saved: Path) -> None:
    """A name of the hub is not looked up for a stranger."""
    folder = _named(saved, "some/classifier")
    with pytest.raises(ModelFileError, match="expected the files of its model in the folder"):
        engine.load(folder)


@pytest.mark.parametrize("model", ["/etc", "../beside", "some/classifier"])
def test_a_folder_of_spacys_form_reads_nothing_elsewhere_later(tmp_path: Path, model: str) -> None:
    """Its classifier is looked for at the first text, which is refused what loading was."""
    pytest.importorskip("transformers")
    folder = tmp_path / "theirs"
    shutil.copytree(THEIRS, folder)
    config = engine.Config().from_disk(folder / "config.cfg")
    config["nlp"]["pipeline"] = ["topics"]
    config["components"] = {"topics": {"factory": "hf_text_classifier", "model": model}}
    config.to_disk(folder / "config.cfg")
    nlp = engine.load(folder)
    with pytest.raises(ModelFileError, match=r"in(side)? the folder of the saved pipeline"):
        nlp("A text.")


def test_a_classifier_may_have_its_folder_in_the_pipeline(saved: Path) -> None:
    """Then it is read, whenever that is: this one holds no weights of a classifier."""
    nlp = engine.load(_named(saved, "own"))
    with pytest.raises(TransformerError, match="expected a config with a model_type"):
        nlp("A text.")


def test_whoever_loads_may_name_a_classifier_elsewhere(saved: Path) -> None:
    """In place of the config's."""
    nlp = engine.load(saved, config={"components.topics.model": str(saved.parent / "beside")})
    with pytest.raises(TransformerError, match="expected a config with a model_type"):
        nlp("A text.")
