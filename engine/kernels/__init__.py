# SPDX-License-Identifier: Apache-2.0
"""Compiled forms of trained layers: the same annotations as the reference layers, many times faster.

Training runs Thinc's layers, whose products are `product`'s; annotating runs these. For each there is a
plain version that says what is right:

| compiled                        | the truth                                        |
| ------------------------------- | ------------------------------------------------ |
| a back end's `linear`, `maxout` | `inputs @ W.T + b` in NumPy                      |
| a back end's `encoder`          | `tests/engine/kernels/encoders.py`, in float64   |
| `parser.CompiledParser`         | `decoders.decode_arcs`                           |
| `parser.finish_trees`           | `doc.tree` and `doc.projectivity`                |
| `ner.CompiledNer`               | `decoders.decode_entities`                       |

A back end (`backend.Backend`) lays weights out as maps and as an encoder of its own; `choose_backend` takes
one:

| name                            | folder  | encoder's convolutions                | taken                |
| ------------------------------- | ------- | ------------------------------------- | -------------------- |
| `avx512`, `avx2`, `neon`, `sse` | vector/ | `vector.fused_stack`, `product_stack` | by default           |
| `fp32`                          | vector/ | `product_stack`                       | where models compete |
| `torch`, `bf16`                 | torch/  | `product_stack`                       | when asked for       |
| device                          | device/ | all rows at once, in torch operations | by `device="cuda"`   |

Folders: vector/, torch/, device/ are back ends; parser/ and ner/ are heads, with their training oracles.
Files:

weights.py        trained weights as values: CnnWeights, TransitionWeights
backend.py        what a back end is
choice.py         which back end computes
product.py        the product that training multiplies with
encoder.py        the CNN encoder over a table of lexemes
lexeme_rows.py    that table
padded_rows.py    documents end to end, with padding between
product_stack.py  the convolutions over any back end's products
maxout.py         maxout over any back end's product
norm.py           layer norm and residual sum
arrays.py         aligned arrays, and scratch arrays of a thread
cpu.py            what this CPU can do
threads.py        keeps torch to one thread where slices have their own
"""

from .backend import Backend, Encoder, Linear
from .choice import available_backends, choose_backend, extra_for
from .cpu import CpuFeatures, cpu_features
from .ner import CompiledNer
from .parser import CompiledParser, finish_trees
from .threads import one_library_thread
from .weights import CnnWeights, TransitionWeights

__all__ = [
    "Backend",
    "CnnWeights",
    "CompiledNer",
    "CompiledParser",
    "CpuFeatures",
    "Encoder",
    "Linear",
    "TransitionWeights",
    "available_backends",
    "choose_backend",
    "cpu_features",
    "extra_for",
    "finish_trees",
    "one_library_thread",
]
