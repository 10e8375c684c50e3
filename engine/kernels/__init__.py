# SPDX-License-Identifier: Apache-2.0
"""Compiled forms of trained layers: the same numbers as the reference layers, many times faster."""

from .argmax import linear_argmax
from .backend import Backend, Linear, choose_backend
from .encoder import CnnWeights, CompiledCnn
from .ner.decoder import CompiledNer, NerWeights, decode_ner
from .parser.decoder import CompiledParser
from .parser.forest import finish_trees
from .weights import TransitionWeights

__all__ = [
    "Backend",
    "CnnWeights",
    "CompiledCnn",
    "CompiledNer",
    "CompiledParser",
    "Linear",
    "NerWeights",
    "TransitionWeights",
    "choose_backend",
    "decode_ner",
    "finish_trees",
    "linear_argmax",
]
