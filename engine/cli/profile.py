# SPDX-License-Identifier: Apache-2.0
"""Where a pipeline's time goes: the functions that take most of it."""

from __future__ import annotations

import cProfile
import io
import pstats
from collections.abc import Iterable
from itertools import islice

from ..errors import EngineError
from ..pipeline.pipeline import Pipeline

SHOWN = 25


def profile(pipeline: Pipeline, texts: Iterable[str], *, n_texts: int = 10000) -> str:
    """A table of functions by their own time, for at most so many texts on the calling thread. Raises:
    EngineError where there is no text."""
    chosen = list(islice(texts, n_texts))
    if not chosen:
        raise EngineError("expected at least one text to annotate, got none")
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in pipeline.pipe(chosen, n_threads=1):
        pass
    profiler.disable()
    table = io.StringIO()
    pstats.Stats(profiler, stream=table).strip_dirs().sort_stats("time").print_stats(SHOWN)
    return table.getvalue()
