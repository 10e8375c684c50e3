# SPDX-License-Identifier: Apache-2.0
"""The component `transformer`: an encoder that the heads after it share, and train together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from thinc.api import Model, set_dropout_rate

from ...config.factory_arguments import optional_arguments, with_defaults
from ...config.registry import registry
from ...doc.batch import Batch
from ...doc.doc import Doc
from ...errors import EngineError
from ...transformer import AdaptedEncoder, Adapter, LoraConfig
from ...transformer import Backend as EncoderBackend
from ..component import GetExamples, Losses
from ..on_documents import Predictions
from ..tok2vec import EmbeddingComponent
from .annotation_setters import AnnotationSetter, null_annotation_setter
from .encoder_part import EncoderPart, precision_of
from .listener import take_gradients
from .own_models import gradient_for_model, output_of_model
from .part_adapters import adapter_of
from .piece_output import PieceOutput
from .transformer_model import part_of
from .trf_data import FullTransformerBatch
from .trf_extension import install_extensions
from .views import data_of_batch

DEFAULT_MODEL: Mapping[str, Any] = {
    "@architectures": "spacy-transformers.TransformerModel.v3",
    "name": "roberta-base",
    "mixed_precision": False,
    "get_spans": {"@span_getters": "spacy-transformers.strided_spans.v1", "window": 128, "stride": 96},
    "tokenizer_config": {"use_fast": True},
    "transformer_config": {},
    "grad_scaler_config": {},
}

DEFAULT_SETTER: Mapping[str, Any] = {"@annotation_setters": "spacy-transformers.null_annotation_setter.v1"}

install_extensions()


class Transformer(EmbeddingComponent):
    """Writes `batch.pieces[name]`; learns from the gradients that listeners leave in `batch.grads[name]`.

    `set_extra_annotations` is called with the documents and a `FullTransformerBatch` after each batch; it can
    be changed. `frozen_layers`: how many of the encoder's layers, from the bottom, do not learn (its
    embeddings with them); what these say of a text that comes again is kept.
    """

    factory = "transformer"
    documented: tuple[str, ...] = ("vocab", "model", "set_extra_annotations")

    def __init__(
        self,
        name: str,
        model: Model[Any, Any],
        set_extra_annotations: AnnotationSetter = null_annotation_setter,
        max_batch_items: int = 4096,
        frozen_layers: int = 0,
    ) -> None:
        super().__init__(name, model)
        self.set_extra_annotations = set_extra_annotations
        self.max_batch_items = max_batch_items
        if frozen_layers and self.part is not None:
            self.part.freeze(embeddings=True, lower_layers=frozen_layers)

    @property
    def part(self) -> EncoderPart | None:
        """The encoder; None where the model is somebody's own."""
        return part_of(self.model)

    # --- adapters

    @property
    def adapters(self) -> AdaptedEncoder:
        """Adapters of others on this encoder, by name: `batch.adapters` chooses among them. Raises:
        EngineError where there is no encoder."""
        return self._part().with_adapters().adapted

    @property
    def adapter(self) -> Adapter | None:
        """A copy of the adapter that learns in the encoder's place and is saved with it; None without one."""
        return None if self.part is None else adapter_of(self.model, self.part.adapters)

    def add_adapter(
        self,
        rank: int = 8,
        alpha: float = 16,
        dropout: float = 0.0,
        target_modules: Sequence[str] | str = "all-linear",
        seed: int = 0,
    ) -> None:
        """Let an adapter of low rank learn from now on, and the encoder not; it says nothing yet.

        Raises: EngineError where there is no encoder; TransformerError where no layer fits.
        """
        config = LoraConfig(rank, alpha, dropout, target_modules, base_model_name_or_path="")
        self._part().add_adapter(self.model, config, seed)
        self.weights_changed()

    def take_adapter(self, adapter: Adapter) -> None:
        """The same with one that has learned. Raises: TransformerError where it is of another encoder."""
        self._part().take_adapter(self.model, adapter)
        self.weights_changed()

    def merge_adapter(self) -> None:
        """Multiply the own adapter into the encoder, which says the same and learns again."""
        adapter = self.adapter
        if adapter is not None:
            self._part().merge_adapter(self.model, adapter)
            self.weights_changed()

    def drop_adapter(self) -> None:
        """Be the encoder alone, which learns again."""
        self._part().drop_adapter(self.model)
        self.weights_changed()

    def read_adapter(self, files: Mapping[str, bytes], where: str = "") -> Adapter:
        """An adapter of PEFT's files on this encoder. Raises: TransformerError where it is of another one."""
        return Adapter.from_files(files, self.adapters.modules, where)

    def count_pieces(self, batch: Batch) -> npt.NDArray[np.int64]:
        """How many pieces each document has, before spans repeat some of them. Shape: `(n_docs,)`."""
        return self._part().made_reader().counts(batch)

    def _part(self) -> EncoderPart:
        if self.part is None:
            raise EngineError(f"expected an encoder of ours in {self.name!r}, got a model of somebody's own")
        return self.part

    # --- running

    def initialize(self, get_examples: GetExamples, sample: Batch) -> None:
        """Read the encoder that the config names."""
        self.model.initialize(X=sample if self.part is not None else _docs(sample))
        self.weights_changed()

    def predict(self, batch: Batch) -> None:
        """Put the rows of all pieces onto the batch."""
        self.require_initialized()
        self._use_backend()
        self._keep(batch, self._encoded(batch))

    def encode(self, batch: Batch) -> None:
        """The same by the model itself, whatever was annotated before."""
        batch.pieces[self.name] = self._encoded(batch)

    def predicted(self, batch: Batch) -> Any:
        """What `predict(docs)` gives."""
        output = batch.pieces[self.name]
        return data_of_batch(output, batch) if isinstance(output, PieceOutput) else Predictions(batch)

    def set_annotations(self, docs: Sequence[Doc], scores: Any) -> None:
        """Put what was predicted where listeners and `doc._.trf_data` read it."""
        if isinstance(scores, FullTransformerBatch):
            for doc, data in zip(docs, scores.doc_data, strict=True):
                doc._.trf_data = data
            for index, doc in enumerate(docs):
                if doc.batch.n_docs == 1 and scores.rows is not None:
                    output, batch = scores.rows
                    doc.batch.pieces[self.name] = output.joined([(output, batch, index)])
            self.set_extra_annotations(docs, scores)
            return
        super(EmbeddingComponent, self).set_annotations(docs, scores)

    def _encoded(self, batch: Batch) -> PieceOutput:
        if self.part is not None:
            return self.part.encode(batch)
        return output_of_model(self.model.predict(_docs(batch)), batch)

    def _keep(self, batch: Batch, output: PieceOutput) -> None:
        batch.pieces[self.name] = output
        if self.set_extra_annotations is not null_annotation_setter:
            full = data_of_batch(output, batch)
            output.seen.update(enumerate(full.doc_data))
            self.set_extra_annotations(_docs(batch), full)

    def _use_backend(self) -> None:
        part = self.part
        if part is not None:
            wanted = replace(EncoderBackend(), device=self.device, precision=precision_of(self.precision))
            part.use(replace(wanted, budget=self._budget(wanted)))

    def _budget(self, backend: EncoderBackend) -> int:
        """Pieces that are encoded at once: `max_batch_items`, on the CPU no more than its caches hold."""
        return min(self.max_batch_items, backend.budget) if self.device == "cpu" else self.max_batch_items

    # --- learning

    def forward(self, batch: Batch, *, dropout: float) -> Callable[[Losses], None]:
        """Put the rows onto the batch while training; what comes back is called once, after all heads."""
        self.require_initialized()
        output, backprop = self._begin(batch, dropout)
        self._keep(batch, output)

        def backward(losses: Losses) -> None:
            grads = self._gradients(batch, output)
            if grads is None:
                return
            losses[self.name] = losses.get(self.name, 0.0) + self._loss(output, grads)
            backprop(*grads)

        return backward

    def _begin(self, batch: Batch, dropout: float) -> tuple[PieceOutput, Callable[..., Any]]:
        if self.part is not None:
            return self.part.update(batch, with_dropout=dropout > 0)
        set_dropout_rate(self.model, dropout)
        full, backprop = self.model.begin_update(_docs(batch))
        output = output_of_model(full, batch)
        return output, lambda d_last, d_layers=None: backprop(gradient_for_model(full, d_last))

    def _gradients(self, batch: Batch, output: PieceOutput) -> tuple[Any, Any] | None:
        """Sums of what listeners left: of the last layer, and of all where all are kept; None for nothing."""
        last, layers = take_gradients(self.name, batch, output)
        if last is None and all(each is None for each in layers or ()):
            return None
        return last, layers

    def _loss(self, output: PieceOutput, grads: tuple[Any, Any]) -> float:
        """The sum of squares of all gradients handed in."""
        return float(sum(output.loss))


@with_defaults(model=DEFAULT_MODEL, set_extra_annotations=DEFAULT_SETTER)
@optional_arguments("frozen_layers")
@registry.factories("transformer")
def make_transformer(
    name: str,
    model: Model[Any, Any],
    set_extra_annotations: Callable[..., None],
    max_batch_items: int = 4096,
    frozen_layers: int = 0,
) -> Transformer:
    """An encoder that several heads share."""
    return Transformer(name, model, set_extra_annotations, max_batch_items, frozen_layers)


def _docs(batch: Batch) -> list[Doc]:
    return [Doc(batch, index) for index in range(batch.n_docs)]
