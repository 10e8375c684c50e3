# SPDX-License-Identifier: Apache-2.0
"""What a base install leaves out, and what to type where something of it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from .errors import EngineError


class MissingExtraError(EngineError):
    """Something was asked for that needs an extra which is not installed; the message says what to type."""

    def __init__(self, what: str, extra: Extra) -> None:
        super().__init__(
            f"{what} needs the extra {extra.name!r}, which is not installed; type: {extra.line_to_type}"
        )
        self.extra = extra


@dataclass(frozen=True, slots=True)
class Extra:
    """Packages that are installed together, by the name that `pip` knows them by."""

    name: str
    module: str
    distribution: str
    gives: str

    @property
    def is_installed(self) -> bool:
        """Whether its module can be imported; it is not imported to find out."""
        try:
            return find_spec(self.module) is not None
        except ModuleNotFoundError:
            return False
        except ValueError:  # it is loaded, and took the place of its module by another, as Faust does
            return True

    @property
    def version(self) -> str:
        """The installed version, an empty string where there is none."""
        try:
            return version(self.distribution) if self.is_installed else ""
        except PackageNotFoundError:
            return ""

    @property
    def line_to_type(self) -> str:
        """What installs it."""
        return f"pip install 'freshet[{self.name}]'"

    def require(self, what: str) -> None:
        """Raises: MissingExtraError where it is not installed; `what` needs it."""
        if not self.is_installed:
            raise MissingExtraError(what, self)


TORCH = Extra("torch", "torch", "torch", "bfloat16, GPUs")
TRANSFORMERS = Extra("transformers", "transformers", "transformers", "transformers on packed rows")
FAUST = Extra("faust", "faust", "faust-streaming", "the stream app on Kafka")
OTEL = Extra("otel", "opentelemetry.sdk", "opentelemetry-sdk", "spans of batches, sent by OTLP")
SIGNING = Extra("signing", "cryptography", "cryptography", "ed25519 signatures of models")
OMS = Extra("oms", "model_signing", "model-signing", "OpenSSF signatures of model folders")
CLEARML = Extra("clearml", "clearml", "clearml", "training runs sent to ClearML")
MLFLOW = Extra("mlflow", "mlflow", "mlflow-skinny", "training runs sent to MLflow")
WANDB = Extra("wandb", "wandb", "wandb", "training runs sent to Weights & Biases")
JIEBA = Extra("zh", "jieba", "jieba", "Chinese words by a dictionary")
JAPANESE = Extra("ja", "sudachipy", "sudachipy", "Japanese words")
THAI = Extra("th", "pythainlp", "pythainlp", "Thai words")
VIETNAMESE = Extra("vi", "pyvi", "pyvi", "Vietnamese words")
RAY = Extra("ray", "ray", "ray", "training and backfill by several workers")
PARQUET = Extra("parquet", "pyarrow", "pyarrow", "Parquet files in and out of `freshet apply`")
CUDA12 = Extra("cuda12", "cupy", "cupy-cuda12x", "CuPy beside torch for CUDA 12")
CUDA13 = Extra("cuda13", "cupy", "cupy-cuda13x", "CuPy beside torch for CUDA 13")


def extras() -> Iterator[Extra]:
    """All that there are."""
    yield from (
        TORCH,
        TRANSFORMERS,
        FAUST,
        SIGNING,
        OMS,
        OTEL,
        RAY,
        PARQUET,
        CLEARML,
        MLFLOW,
        WANDB,
        JAPANESE,
        JIEBA,
        THAI,
        VIETNAMESE,
        CUDA12,
        CUDA13,
    )


__all__ = [
    "CLEARML",
    "CUDA12",
    "CUDA13",
    "FAUST",
    "JAPANESE",
    "JIEBA",
    "MLFLOW",
    "OMS",
    "OTEL",
    "PARQUET",
    "RAY",
    "SIGNING",
    "THAI",
    "TORCH",
    "TRANSFORMERS",
    "VIETNAMESE",
    "WANDB",
    "Extra",
    "MissingExtraError",
    "extras",
]
