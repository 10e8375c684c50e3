# SPDX-License-Identifier: Apache-2.0
"""Encoders by name: a local folder in Hugging Face's layout, or a model of the hub that is in its cache or
can be fetched. Code of a model is never run, and pickles are never loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy.typing as npt

from .errors import TransformerError
from .libraries import require_transformers
from .piece_tokenizer import FILES, tokenizer_files
from .states import read_state

Array = npt.NDArray[Any]

CONFIG = "config.json"
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""Whole ones first; each may be in shards, which `NAME.index.json` lists."""


@dataclass(frozen=True, slots=True, eq=False)
class Pretrained:
    """What a folder holds: the config as a map, the weights by name, the tokenizer's files."""

    name: str
    config: Mapping[str, Any]
    state: Mapping[str, Array]
    tokenizer_files: Mapping[str, bytes]


def read_pretrained(name: str, *, revision: str = "main") -> Pretrained:
    """A folder, or a model of the hub by name (`HF_HUB_OFFLINE=1`: only what is in the cache).

    Weights: model.safetensors (or its shards), else pytorch_model.bin by the restricted reader.
    Raises: TransformerError, which says where was looked and which files are missing.
    """
    folder = Path(name) if Path(name).is_dir() else _from_hub(name, revision)
    state = {key: array for file in _weight_files(folder, name) for key, array in _read(file).items()}
    return Pretrained(name, _config(folder, name), state, tokenizer_files(folder))


def read_config(name: str, *, revision: str = "main") -> dict[str, Any]:
    """The config alone of a folder or a model of the hub. Raises: TransformerError."""
    return _config(Path(name) if Path(name).is_dir() else _from_hub(name, revision, (CONFIG,)), name)


def _config(folder: Path, name: str) -> dict[str, Any]:
    file = folder / CONFIG
    try:
        config = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise TransformerError(
            f"{name}: expected {file} with the config of an encoder, got {error}"
        ) from None
    if not isinstance(config, dict):
        raise TransformerError(f"{name}: expected a map in {file}, got {type(config).__name__}")
    return config


def _weight_files(folder: Path, name: str) -> Iterator[Path]:
    for whole in WEIGHTS:
        index = folder / f"{whole}.index.json"
        if (folder / whole).is_file():
            yield folder / whole
            return
        if index.is_file():
            shards = sorted(set(json.loads(index.read_bytes())["weight_map"].values()))
            yield from (folder / Path(shard).name for shard in shards)
            return
    there = ", ".join(sorted(file.name for file in folder.iterdir())[:20]) or "nothing"
    raise TransformerError(
        f"{name}: expected weights in {folder}: one of {', '.join(WEIGHTS)}, got {there}; save them as "
        "safetensors"
    )


def _read(file: Path) -> dict[str, Array]:
    return read_state(file.read_bytes(), str(file))


def _from_hub(name: str, revision: str, files: tuple[str, ...] = ()) -> Path:
    """The folder of the hub's cache, filled where the network allows it: weights as safetensors where there
    are some."""
    require_transformers(f"the encoder {name!r}")
    hub = import_module("huggingface_hub")
    wanted = [
        *(files or (CONFIG, *FILES, "model.safetensors", "model*.safetensors", "*.safetensors.index.json"))
    ]
    try:
        folder = Path(hub.snapshot_download(name, revision=revision, allow_patterns=wanted))
        if not files and not any(folder.glob("*.safetensors")):
            wanted += ["pytorch_model*.bin", "pytorch_model.bin.index.json"]
            folder = Path(hub.snapshot_download(name, revision=revision, allow_patterns=wanted))
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        what = " ".join(str(error).split())[:200]
        raise TransformerError(
            f"expected an encoder named {name!r}: a folder here, or a model of the Hugging Face hub in its "
            "cache or "
            f"within reach; there is no such folder, and the hub said: {what}"
        ) from None
    return folder
