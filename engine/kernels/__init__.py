# SPDX-License-Identifier: Apache-2.0
"""Compiled forms of trained layers: the same numbers as the reference layers, many times faster."""

from .argmax import linear_argmax
from .cnn import CnnWeights, CompiledCnn
from .matmul import Backend, Linear, choose_backend
from .ner import CompiledNer, NerWeights, decode_ner

__all__ = ["Backend", "CnnWeights", "CompiledCnn", "CompiledNer", "Linear", "NerWeights", "choose_backend", "decode_ner", "linear_argmax"]
