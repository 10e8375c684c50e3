# SPDX-License-Identifier: Apache-2.0
"""Layers as they learn: forward and backward passes in compiled loops, for the layers that most pipelines are
made of. Nothing here is imported before something learns.

cnn.py          hash embedding and Maxout window encoder        the truth: Thinc's layers
maxout.py       maxout, layer norm, dropout and residual sum of a row, and back
sparse.py       products of a maxout's gradient, of which only the largest piece has one
scaled_rows.py  their innermost loop: a row plus some rows times numbers
hash_rows.py    table rows summed, and gradients added to them
state_sums.py   state vectors of transition models, and back    `layers.precomputable_affine`
coins.py        random numbers of dropout                       `np.random.bytes`
adam.py         a step of Adam                                   Thinc's `Optimizer`
"""
