# SPDX-License-Identifier: Apache-2.0
"""Entity recognition over whole batches: the BILUO system in compiled loops.

decoder.py  `CompiledNer`: greedy recognition             the truth: `decoders.ner_decoder`
state.py    which actions a step allows                   the truth: `decoders.ner_state`
scores.py   scores of a step inside an entity
oracle.py   what a recogniser learns from: states, and what gold wants in each
"""

from .decoder import CompiledNer
from .oracle import GoldActions, NerStates, Paths, gold_actions, gold_states, mix_paths

__all__ = ["CompiledNer", "GoldActions", "NerStates", "Paths", "gold_actions", "gold_states", "mix_paths"]
