# SPDX-License-Identifier: Apache-2.0
"""Encoders from local folders in Hugging Face's layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.lazy_torch import torch
from engine.transformer import (
    TransformerError,
    build_encoder,
    read_pretrained,
    tokenizer_from_files,
    write_state,
)

from .tiny import some_pieces, tiny_config, tiny_encoder
from .tiny_tokenizers import wordpiece_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as `save_pretrained` writes it."""
    (tmp_path / "config.json").write_text(json.dumps(tiny_config("bert")))
    (tmp_path / "model.safetensors").write_bytes(write_state(tiny_encoder("bert").state()))
    for name, data in wordpiece_files().items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def same_rows(folder: Path) -> bool:
    """Whether a folder's encoder gives what the one gave that it was written from."""
    read = read_pretrained(str(folder))
    encoder = build_encoder(read.config, read.state, name=read.name)
    pieces = some_pieces([9, 4])
    return np.array_equal(encoder.encode(*pieces).last, tiny_encoder("bert").encode(*pieces).last)


def test_a_folder_is_read(folder: Path) -> None:
    """Config, weights and tokenizer."""
    assert same_rows(folder)
    assert tokenizer_from_files(read_pretrained(str(folder)).tokenizer_files).vocab_size > 20


def test_weights_may_be_in_shards(folder: Path) -> None:
    """All files that the index names."""
    state = tiny_encoder("bert").state()
    half = len(state) // 2
    (folder / "model.safetensors").unlink()
    for shard, names in (("a.safetensors", list(state)[:half]), ("b.safetensors", list(state)[half:])):
        (folder / shard).write_bytes(write_state({name: state[name] for name in names}))
    places = {name: "a.safetensors" if i < half else "b.safetensors" for i, name in enumerate(state)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    assert same_rows(folder)


def test_old_archives_are_read_without_unpickling(folder: Path) -> None:
    """`pytorch_model.bin`, where there are no safetensors."""
    (folder / "model.safetensors").unlink()
    torch.save(tiny_encoder("bert").module.state_dict(), folder / "pytorch_model.bin")
    assert same_rows(folder)


def test_a_folder_without_weights_says_what_is_there(folder: Path) -> None:
    """And what was expected."""
    (folder / "model.safetensors").unlink()
    with pytest.raises(
        TransformerError, match=r"one of model\.safetensors, pytorch_model\.bin, got config\.json"
    ):
        read_pretrained(str(folder))


def test_a_name_that_nobody_knows_says_where_was_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a folder nor in the hub's cache, and no network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(TransformerError, match="there is no such folder, and the hub said"):
        read_pretrained("nobody/has-this-encoder")
