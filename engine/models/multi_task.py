# SPDX-License-Identifier: Apache-2.0
"""The architecture of a head that only helps others to learn."""

from __future__ import annotations

from thinc.api import LayerNorm, Maxout, Model, Softmax, chain
from thinc.types import Floats2d

from ..config.registry import registry
from ..doc.batch import Batch


@registry.architectures("freshet.MultiTask.v1")
def MultiTask(
    tok2vec: Model[Batch, Floats2d], maxout_pieces: int, token_vector_width: int, nO: int | None = None
) -> Model[Batch, Floats2d]:
    """One Maxout layer twice as wide as the tokens' vectors, then a softmax. Shape: `(n_tokens, nO)`."""
    width = 2 * token_vector_width
    output = Softmax(nO=nO, nI=width)
    hidden = Maxout(nO=width, nI=token_vector_width, nP=maxout_pieces, dropout=0.0)
    model: Model[Batch, Floats2d] = chain(tok2vec, hidden, LayerNorm(nI=width), output)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output_layer", output)
    return model
