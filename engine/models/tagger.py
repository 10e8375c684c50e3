# SPDX-License-Identifier: Apache-2.0
"""The architecture of token classifiers."""

from __future__ import annotations

from thinc.api import Model, Softmax_v2, chain
from thinc.types import Floats2d

from ..config.registry import registry
from ..doc.batch import Batch

TAGGER = "Tagger"
"""Mark of a model that kernels may compile."""


@registry.architectures("freshet.Tagger.v1")
def Tagger(
    tok2vec: Model[Batch, Floats2d], nO: int | None = None, normalize: bool = False
) -> Model[Batch, Floats2d]:
    """Scores of every class for every token; softmax while training, and at prediction if `normalize`.

    Shape: `(n_tokens, n_labels)`.
    """
    width = tok2vec.maybe_get_dim("nO")
    output = Softmax_v2(nO, width, normalize_outputs=normalize)
    model = chain(tok2vec, output)
    model.attrs["kind"] = TAGGER
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output_layer", output)
    model.set_ref("softmax", output)
    return model
