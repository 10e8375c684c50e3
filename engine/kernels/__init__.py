# SPDX-License-Identifier: Apache-2.0
"""Compiled forms of trained layers: the same numbers as the reference layers, many times faster."""

from .argmax import linear_argmax
from .cnn import CnnWeights, CompiledCnn
from .matmul import Backend, Linear, choose_backend
from .ner import CompiledNer, NerWeights, decode_ner
from .parser import CompiledParser
from .transition_weights import TransitionWeights
from .trees import finish_trees

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
