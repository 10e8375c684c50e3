# SPDX-License-Identifier: Apache-2.0
"""The component `curated_transformer`: the same with pieces of tokens, and with all layers where listeners
want them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from thinc.api import Model, Optimizer

from ...config.factory_arguments import optional_arguments, with_defaults
from ...config.registry import registry
from ...doc.batch import Batch
from ...errors import EngineError
from ...transformer import Outputs, Pretrained
from ..component import GetExamples, Losses
from .curated_models import CuratedEncoder
from .model_loaders import EncoderLoader, PiecerLoader
from .piece_output import PieceOutput
from .transformer import Transformer
from .transformer_model import part_of

PREFIX = "spacy-curated-transformers."

DEFAULT_MODEL: Mapping[str, Any] = {
    "@architectures": PREFIX + "XlmrTransformer.v1",
    "vocab_size": 250002,
    "with_spans": {"@architectures": PREFIX + "WithStridedSpans.v1"},
    "piece_encoder": {"@architectures": PREFIX + "XlmrSentencepieceEncoder.v1"},
}


class CuratedTransformer(Transformer):
    """Writes `batch.pieces[name]`. `frozen`: listeners learn, the encoder does not; it can be changed."""

    factory = "curated_transformer"
    documented = ("vocab", "model")

    def __init__(
        self,
        name: str,
        model: Model[Any, Any],
        frozen: bool = False,
        all_layer_outputs: bool = False,
        frozen_layers: int = 0,
    ) -> None:
        super().__init__(name, model, frozen_layers=frozen_layers)
        if not isinstance(self.part, CuratedEncoder):
            raise EngineError(
                f"expected a model of the curated family for {name!r}, such as {PREFIX}BertTransformer.v1"
            )
        self.frozen, self.all_layer_outputs = frozen, all_layer_outputs
        self.part.outputs = Outputs(layers=all_layer_outputs)

    def initialize(
        self,
        get_examples: GetExamples,
        sample: Batch,
        encoder_loader: Any = None,
        piecer_loader: Any = None,
    ) -> None:
        """Take weights and pieces from what the loaders name; without one for the weights, draw them.

        Raises: EngineError where there are no pieces.
        """
        part = part_of(self.model)
        if isinstance(part, CuratedEncoder) and not part.is_built:
            part.takes = _found(part, encoder_loader, piecer_loader)
        super().initialize(get_examples, sample)

    def forward(self, batch: Batch, *, dropout: float) -> Callable[[Losses], None]:
        """Put the rows onto the batch while training; what comes back does nothing where this is frozen."""
        if not self.frozen:
            return super().forward(batch, dropout=dropout)
        self.predict(batch)
        output = batch.pieces[self.name]

        def backward(losses: Losses) -> None:
            if isinstance(output, PieceOutput):
                self._gradients(batch, output)

        return backward

    def finish_update(self, optimizer: Optimizer) -> None:
        """Let the optimizer change the weights, unless this is frozen."""
        if not self.frozen:
            super().finish_update(optimizer)

    def _loss(self, output: PieceOutput, grads: tuple[Any, Any]) -> float:
        """The sum of squares of the summed gradients."""
        last, layers = grads
        parts = [each for each in (last, *(layers or ())) if each is not None]
        return float(sum(np.vdot(each, each) for each in parts))


def _found(part: CuratedEncoder, encoder_loader: Any, piecer_loader: Any) -> Pretrained:
    """What loaders give, as if it came from one place."""
    if encoder_loader is not None and not isinstance(encoder_loader, EncoderLoader):
        raise EngineError("encoder_loader: expected a loader of an encoder's weights, of [model_loaders]")
    if piecer_loader is not None and not isinstance(piecer_loader, PiecerLoader):
        raise EngineError("piecer_loader: expected a loader of an encoder's pieces, of [model_loaders]")
    state = {} if encoder_loader is None else encoder_loader.state(part.family)
    files = {} if piecer_loader is None else piecer_loader.files()
    name = "an encoder with drawn weights" if encoder_loader is None else encoder_loader.name
    return Pretrained(name, part.curated(), state, files)


@with_defaults(model=DEFAULT_MODEL)
@optional_arguments("frozen_layers")
@registry.factories("curated_transformer")
def make_curated_transformer(
    name: str,
    model: Model[Any, Any],
    frozen: bool = False,
    all_layer_outputs: bool = False,
    frozen_layers: int = 0,
) -> CuratedTransformer:
    """An encoder of the curated family that several heads share."""
    return CuratedTransformer(name, model, frozen, all_layer_outputs, frozen_layers)
