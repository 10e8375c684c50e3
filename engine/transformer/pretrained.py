# SPDX-License-Identifier: Apache-2.0
"""Encoders by name: a local folder in Hugging Face's layout, or a model of the hub that is in its cache or
can be fetched. Code of a model is never run, and pickles are never loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy.typing as npt

from ..safe_files import MAX_VALUES, confined, is_confined, named_path, parse_json, read_file
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
    """A folder, or a model of the hub by name (`HF_HUB_OFFLINE=1`: only what is in the cache). While a saved
    pipeline is loaded, a folder is one inside of it, or one that the caller named.

    Weights: model.safetensors (or its shards), else pytorch_model.bin by the restricted reader.
    Raises: TransformerError, which says where was looked and which files are missing; ModelFileError for
    files that are damaged, or outside of the pipeline.
    """
    folder = named_path(name)
    if not folder.is_dir():
        folder = _from_hub(name, revision)
    with confined(folder) if is_confined() else nullcontext():
        return read_folder(folder, name)


def read_folder(folder: Path, name: str) -> Pretrained:
    """The same of a folder that is there; `name` is for messages."""
    state = {
        key: array
        for file in _weight_files(folder, name)
        for key, array in read_state(_bytes(file), str(file)).items()
    }
    return Pretrained(name, _config(folder, name), state, tokenizer_files(folder))


def _config(folder: Path, name: str) -> dict[str, Any]:
    file = folder / CONFIG
    try:
        data = read_file(file, MAX_VALUES)
    except OSError as error:
        raise TransformerError(
            f"{name}: expected {file} with the config of an encoder, got {error}"
        ) from None
    config = parse_json(data, file, "the config of an encoder as JSON")
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
            yield from (folder / Path(shard).name for shard in _shards(index))
            return
    there = ", ".join(sorted(file.name for file in folder.iterdir())[:20]) or "nothing"
    raise TransformerError(
        f"{name}: expected weights in {folder}: one of {', '.join(WEIGHTS)}, got {there}; save them as "
        "safetensors"
    )


def _shards(index: Path) -> list[str]:
    """The files that an index says weights are in."""
    found = parse_json(read_file(index, MAX_VALUES), index, "an index of weights as JSON")
    places = found.get("weight_map") if isinstance(found, dict) else None
    if not isinstance(places, dict) or not all(isinstance(shard, str) for shard in places.values()):
        raise TransformerError(f"{index}: expected weight_map, a map from weights to files, got none")
    return sorted(set(places.values()))


def _bytes(file: Path) -> bytes:
    """All of a file of weights, of whatever size where it is the caller's own."""
    return read_file(file) if is_confined() else file.read_bytes()


def _from_hub(name: str, revision: str) -> Path:
    """The folder of the hub's cache, filled where the network allows it: weights as safetensors where there
    are some."""
    require_transformers(f"the encoder {name!r}")
    hub = import_module("huggingface_hub")
    wanted = [CONFIG, *FILES, "model.safetensors", "model*.safetensors", "*.safetensors.index.json"]
    try:
        folder = Path(hub.snapshot_download(name, revision=revision, allow_patterns=wanted))
        if not any(folder.glob("*.safetensors")):
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
