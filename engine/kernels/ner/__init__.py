# SPDX-License-Identifier: Apache-2.0
"""Entity recognition over whole batches: the BILUO system in compiled loops.

decoder.py  `CompiledNer`: greedy recognition             the truth: `decoders.ner_decoder`
state.py    which actions a step allows                   the truth: `decoders.ner_state`
scores.py   scores of a step inside an entity
oracle.py   what a recogniser learns from: states, and what gold wants in each
wrong_paths.py  the ways to entities that are known to be wrong
"""

from .decoder import CompiledNer
from .oracle import (
    GoldActions,
    NerStates,
    Paths,
    goes_on,
    gold_actions,
    gold_classes,
    gold_of_classes,
    gold_states,
    mix_paths,
    wanted_in,
)
from .wrong_paths import WrongPaths, wrong_paths

__all__ = [
    "CompiledNer",
    "GoldActions",
    "NerStates",
    "Paths",
    "WrongPaths",
    "goes_on",
    "gold_actions",
    "gold_classes",
    "gold_of_classes",
    "gold_states",
    "mix_paths",
    "wanted_in",
    "wrong_paths",
]
