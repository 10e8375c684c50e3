# SPDX-License-Identifier: Apache-2.0
"""Adapters of low rank in PEFT's files: `adapter_config.json` and `adapter_model.safetensors`.

Source: Hu et al. 2022, "LoRA"; equation 3: W x + b becomes W x + b + (alpha / r) B A x.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from ..regexes import compiled
from .errors import TransformerError

Floats = npt.NDArray[np.float32]

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX, A, B = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
ALL_LINEAR = "all-linear"
NOT_READ = {"use_dora": False, "bias": "none", "fan_in_fan_out": False, "lora_bias": False}
"""Settings of PEFT that change what is computed, and the only value of each that is."""


@dataclass(frozen=True, slots=True)
class LoraConfig:
    """What an adapter is: rank, scale, dropout of its input while it learns, and the layers that it is on."""

    r: int = 8
    lora_alpha: float = 8
    lora_dropout: float = 0.0
    target_modules: Sequence[str] | str = ("query", "value")
    use_rslora: bool = False
    rank_pattern: Mapping[str, int] = field(default_factory=dict)
    alpha_pattern: Mapping[str, float] = field(default_factory=dict)
    base_model_name_or_path: str | None = None

    def rank_of(self, module: str) -> int:
        """The rank on a layer."""
        return int(_by_pattern(self.rank_pattern, module, self.r))

    def scale_of(self, module: str) -> float:
        """What B A x is multiplied by on a layer."""
        alpha, rank = _by_pattern(self.alpha_pattern, module, self.lora_alpha), self.rank_of(module)
        return float(alpha / (math.sqrt(rank) if self.use_rslora else rank))

    def targets(self, linear_modules: Iterable[str]) -> list[str]:
        """Which of these layers it is on: those whose name, or its last parts, are among `target_modules`; a
        string is a pattern of whole names, or `all-linear`.

        Raises: TransformerError where it is on none.
        """
        names = list(linear_modules)
        wanted = self.target_modules
        if wanted == ALL_LINEAR:
            found = [name for name in names if "embeddings" not in name and "pooler" not in name]
        elif isinstance(wanted, str):
            found = [name for name in names if _pattern(wanted).fullmatch(name)]
        else:
            found = [name for name in names if any(name == w or name.endswith(f".{w}") for w in wanted)]
        if not found:
            last = sorted({name.rpartition(".")[2] for name in names})
            raise TransformerError(
                f"expected target_modules among the encoder's layers, got {wanted!r}; there are: "
                f"{', '.join(last)}"
            )
        return found

    def to_json(self) -> bytes:
        """The file of PEFT."""
        targets = self.target_modules
        values: dict[str, Any] = {
            "peft_type": "LORA",
            "task_type": "FEATURE_EXTRACTION",
            "inference_mode": True,
            **NOT_READ,
            **{name: getattr(self, name) for name in _names()},
            "target_modules": targets if isinstance(targets, str) else list(targets),
            "rank_pattern": dict(self.rank_pattern),
            "alpha_pattern": dict(self.alpha_pattern),
            "init_lora_weights": True,
            "modules_to_save": None,
        }
        return json.dumps(values, indent=2, sort_keys=True).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes, where: str = CONFIG) -> LoraConfig:
        """The settings of such a file. Raises: TransformerError where it says something that is not here."""
        try:
            values = json.loads(data)
            kind = values.get("peft_type")
        except (ValueError, AttributeError, RecursionError) as error:
            raise TransformerError(f"{where}: expected an adapter's settings as JSON, got {error}") from None
        if kind != "LORA":
            raise TransformerError(f"{where}: expected peft_type LORA, got {kind!r}")
        for name, only in NOT_READ.items():
            if values.get(name, only) != only:
                raise TransformerError(f"{where}: expected {name} to be {only!r}, got {values[name]!r}")
        known = {name: values[name] for name in _names() if values.get(name) is not None}
        for name, value in known.items():
            if not _is_of_kind(value, KINDS[name]):
                raise TransformerError(f"{where}: expected {name} to be {KINDS[name]}, got {value!r:.80}")
        if known.get("r", 1) < 1:
            raise TransformerError(f"{where}: expected a rank r of at least 1, got {known['r']}")
        return cls(**known)


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """A trained adapter: by layer, A and B. Shape: A `(rank, n_inputs)`, B `(n_outputs, rank)`."""

    config: LoraConfig
    weights: Mapping[str, tuple[Floats, Floats]]

    @property
    def n_bytes(self) -> int:
        """What its weights take."""
        return sum(a.nbytes + b.nbytes for a, b in self.weights.values())

    def to_files(self) -> dict[str, bytes]:
        """PEFT's two files."""
        arrays = {}
        for module, (a, b) in self.weights.items():
            arrays[f"{PREFIX}{module}{A}"] = np.ascontiguousarray(a, np.float32)
            arrays[f"{PREFIX}{module}{B}"] = np.ascontiguousarray(b, np.float32)
        return {CONFIG: self.config.to_json(), WEIGHTS: save_tensors(arrays, {"format": "pt"})}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], modules: Iterable[str], where: str = "") -> Adapter:
        """The adapter of such files, on these layers of an encoder, whatever model was around it when it was
        saved; weights of heads are left out.

        Raises: TransformerError where the files are damaged, or a layer is not the encoder's.
        """
        for name in (CONFIG, WEIGHTS):
            if name not in files:
                raise TransformerError(f"{where or 'an adapter'}: expected the file {name}")
        config = LoraConfig.from_json(files[CONFIG], f"{where}/{CONFIG}")
        try:
            arrays = load_tensors(files[WEIGHTS])
        except (SafetensorError, ValueError, KeyError) as error:
            raise TransformerError(f"{where}/{WEIGHTS}: expected safetensors, got {error}") from None
        return cls(config, _pairs(arrays, list(modules), config, f"{where}/{WEIGHTS}"))

    def to_disk(self, folder: Path) -> None:
        """Write the two files into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.to_files().items():
            (folder / name).write_bytes(data)

    @classmethod
    def from_disk(cls, folder: Path, modules: Iterable[str]) -> Adapter:
        """The adapter of a folder. Raises: TransformerError."""
        files = {
            name: (folder / name).read_bytes() for name in (CONFIG, WEIGHTS) if (folder / name).is_file()
        }
        return cls.from_files(files, modules, str(folder))


def _pairs(
    arrays: Mapping[str, Any], modules: list[str], config: LoraConfig, where: str
) -> dict[str, tuple[Floats, Floats]]:
    """A and B by layer of the encoder. Raises: TransformerError."""
    found: dict[str, tuple[Floats, Floats]] = {}
    for key, array in arrays.items():
        if not key.endswith(A):
            continue
        saved = key.removesuffix(A).removeprefix(PREFIX)
        module = next((name for name in modules if saved == name or saved.endswith(f".{name}")), None)
        other = arrays.get(key.removesuffix(A) + B)
        if module is None or other is None:
            raise TransformerError(f"{where}: expected A and B of a layer of this encoder, got {key}")
        a, b = np.asarray(array, np.float32), np.asarray(other, np.float32)
        rank = config.rank_of(module)
        if a.ndim != 2 or b.ndim != 2 or len(a) != rank or b.shape[1] != rank:
            raise TransformerError(f"{where}: expected rank {rank} of {saved}, got {a.shape} and {b.shape}")
        found[module] = a, b
    if not found:
        raise TransformerError(f"{where}: expected weights of an adapter (lora_A, lora_B), got none")
    return found


def _by_pattern(pattern: Mapping[str, Any], module: str, default: Any) -> Any:
    """The value of the first pattern that a layer's name ends with."""
    return next((v for key, v in pattern.items() if _pattern(rf"(.*\.)?{key}").fullmatch(module)), default)


@lru_cache(maxsize=1000)
def _pattern(source: str) -> Any:
    """A pattern of a file, whose search ends. Raises: TransformerError where it is none."""
    try:
        return compiled(source, "a pattern of an adapter")
    except (re.error, RecursionError, OverflowError) as error:
        raise TransformerError(f"expected a pattern of layers' names, got {source!r:.80}: {error}") from None


KINDS = {
    "r": "a whole number",
    "lora_alpha": "a number",
    "lora_dropout": "a number",
    "target_modules": "names of layers",
    "use_rslora": "true or false",
    "rank_pattern": "numbers by name",
    "alpha_pattern": "numbers by name",
    "base_model_name_or_path": "a name",
}
"""What each setting of a file is."""


def _is_of_kind(value: Any, kind: str) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind:
        case "a whole number":
            return is_number and isinstance(value, int)
        case "a number":
            return is_number
        case "true or false":
            return isinstance(value, bool)
        case "numbers by name":
            return isinstance(value, dict) and all(_is_of_kind(one, "a number") for one in value.values())
        case "names of layers":
            listed = value if isinstance(value, list) else [value]
            return all(isinstance(one, str) for one in listed)
        case _:
            return isinstance(value, str)


def _names() -> list[str]:
    return [each.name for each in fields(LoraConfig)]
