# SPDX-License-Identifier: Apache-2.0
"""Training: from corpora, and from a stream without end. Import the files; this door imports nothing of them.

- `train`: a config's training from start to end; `loop`: the steps; `loggers`, `debug_data`: what people see
- `corpus`, `conllu`, `iob2`, `json_lines`, `gold`: corpora and their formats as examples;
  `augmenters`: examples changed
- `batchers`, `duplicate_filter`, `rehearsal`, `reservoir`: examples in batches, with rehearsed ones
- `stream_learner`: a pipeline that goes on learning; `distillation`: near a teacher; `ema`: averaged weights;
  `learn_rates`: multipliers by group of parameters
- `adapters`: what learns in an encoder's place
- `growth`: labels that come while learning
- `progressive_validation`: scored before it is learned; `adwin`: whether the error drifts
- `consolidation`: a training on all so far, in pieces; `weights`: taken, put back, mixed
- `keyed_example`: an example that can be named, kept and made again
- `registered`: all of these that register functions
- `learner_state`, `optimizer_state`, `random_state`, `parameters`: all that a learner must keep
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..thinc_import import thinc as thinc  # first: it comes without torch


def __getattr__(name: str) -> Any:
    """A documented name: `from engine.training import ...`."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("engine.spacy_names.modules").named("training", name)
