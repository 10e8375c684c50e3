# SPDX-License-Identifier: Apache-2.0
"""Loggers for other loggers: several in a chain, and those that put figures of a GPU's memory into what the
later ones get."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from ..config.registry import registry
from ..errors import EngineError
from ..extras import CUDA12, TORCH
from .logger_table import Logged
from .loggers import Logger, LogStep
from .loop import StepInfo

MEMORY_POOLS = ("all", "large_pool", "small_pool")
MEMORY_METRICS = ("current", "peak", "allocated", "freed", "all")


@registry.loggers("spacy.ChainLogger.v1")
def make_chain_logger(
    logger1: Any = None,
    logger2: Any = None,
    logger3: Any = None,
    logger4: Any = None,
    logger5: Any = None,
    logger6: Any = None,
    logger7: Any = None,
    logger8: Any = None,
    logger9: Any = None,
    logger10: Any = None,
) -> Logger:
    """Loggers in order; what one adds to a step's values the later ones see."""
    given = (logger1, logger2, logger3, logger4, logger5, logger6, logger7, logger8, logger9, logger10)
    loggers = [logger for logger in given if logger is not None]
    if not loggers:
        raise EngineError("expected at least one logger in the chain, got none; write logger1 = {...}")

    def start(pipeline: Logged, stdout: TextIO, stderr: TextIO) -> tuple[LogStep, Callable[[], None]]:
        started = [logger(pipeline, stdout, stderr) for logger in loggers]

        def log(info: StepInfo | None) -> None:
            for log_step, _ in started:
                log_step(info)

        def finish() -> None:
            for _, end in started:
                end()

        return log, finish

    return start


@registry.loggers("spacy.LookupLogger.v1")
def make_lookup_logger(patterns: list[str]) -> Logger:
    """Prints the values of a step whose dotted names match one of these regular expressions."""
    if not patterns:
        raise EngineError("expected at least one pattern to look up, got none")
    compiled = compile_patterns(patterns)

    def start(pipeline: Logged, stdout: TextIO, stderr: TextIO) -> tuple[LogStep, Callable[[], None]]:
        def log(info: StepInfo | None) -> None:
            for name, value in matching(info, compiled).items() if info is not None else ():
                stdout.write(f"{name} -> {value}\n")

        return log, lambda: None

    return start


@registry.loggers("spacy.PyTorchLogger.v1")
def make_pytorch_logger(
    prefix: str = "pytorch", device: int = 0, cuda_mem_pool: str = "all", cuda_mem_metric: str = "all"
) -> Logger:
    """Puts torch's figures of a GPU's memory into a step's values, as `PREFIX.METRIC`; none without a GPU."""
    _check_choice("cuda_mem_pool", cuda_mem_pool, MEMORY_POOLS)
    _check_choice("cuda_mem_metric", cuda_mem_metric, MEMORY_METRICS)
    TORCH.require("spacy.PyTorchLogger.v1")

    def figures() -> Mapping[str, Any]:
        import torch  # an extra; Thinc must not see it at import

        stats: Mapping[str, Any] = torch.cuda.memory_stats(device) if torch.cuda.is_available() else {}
        return {name: value for name, value in stats.items() if wanted(name)}

    def wanted(name: str) -> bool:
        parts = name.split(".")
        if len(parts) < 3:
            return True
        return parts[1] == cuda_mem_pool and cuda_mem_metric in ("all", parts[2])

    return _adding(prefix, figures)


@registry.loggers("spacy.CupyLogger.v1")
def make_cupy_logger(prefix: str = "cupy") -> Logger:
    """Puts CuPy's figures of its memory pool into a step's values, as `PREFIX.METRIC`."""
    CUDA12.require("spacy.CupyLogger.v1")

    def figures() -> Mapping[str, Any]:
        import cupy  # an extra

        pool = cupy.get_default_memory_pool()
        return {
            "pool.used_bytes": pool.used_bytes(),
            "pool.free_bytes": pool.free_bytes(),
            "pool.total_bytes": pool.total_bytes(),
            "pool.n_free_blocks": pool.n_free_blocks(),
        }

    return _adding(prefix, figures)


def compile_patterns(patterns: Sequence[str]) -> list[re.Pattern[str]]:
    """Raises: EngineError where one is no regular expression."""
    try:
        return [re.compile(pattern) for pattern in patterns]
    except re.error as error:
        raise EngineError(f"expected regular expressions, got {error.pattern!r}: {error}") from None


def matching(info: Mapping[str, Any], patterns: Sequence[re.Pattern[str]]) -> dict[str, Any]:
    """The single values of a step, by dotted names, that one of the patterns finds."""
    return {
        name: value
        for name, value in flattened(info)
        if any(pattern.search(name) is not None for pattern in patterns)
    }


def flattened(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Single values by dotted names.

    >>> dict(flattened({"a": {"b": 1}, "c": 2}))
    {'a.b': 1, 'c': 2}
    """
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _adding(prefix: str, figures: Callable[[], Mapping[str, Any]]) -> Logger:
    def start(pipeline: Logged, stdout: TextIO, stderr: TextIO) -> tuple[LogStep, Callable[[], None]]:
        def log(info: StepInfo | None) -> None:
            if info is not None:
                added: dict[str, Any] = {f"{prefix}.{name}": value for name, value in figures().items()}
                info.update(added)  # type: ignore[typeddict-item]  # loggers of a chain may add any key

        return log, lambda: None

    return start


def _check_choice(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise EngineError(f"expected {name} to be one of {', '.join(known)}, got {value!r}")
