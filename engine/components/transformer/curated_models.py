# SPDX-License-Identifier: Apache-2.0
"""The architectures of encoders that read pieces of tokens: the curated family."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from thinc.api import Model

from ...config.registry import registry
from ...doc.batch import Batch
from ...errors import EngineError
from ...layers.doc_models import TAKES_DOCS, batch_of_docs
from ...layers.late_parts import LATE_PART, TAKES_PLACE
from ...layers.listener import LISTENERS
from ...transformer import Outputs, Pretrained, curated_config
from .curated_listeners import READ_ALL
from .encoder_part import EncoderPart
from .listener import take_gradients
from .pieces_reader import PiecesReader, StridedPieces
from .tok2vec_transformer import copy_params
from .transformer_model import check_scaler, copy_part
from .views import layers_of_doc

Node: TypeAlias = Model[Any, Any]

NAME, WRAPPED = "transformer", "wrapped_transformer_and_listener"
PREFIX = "spacy-curated-transformers."


class CuratedEncoder(EncoderPart):
    """An encoder part whose sizes are the config's, and which shows its layers by token."""

    shows_layers = True
    family = ""
    takes: Pretrained | None = None
    """What loaders found, to be taken when the weights are initialized."""

    def __init__(self, *args: Any, arguments: dict[str, Any], family: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.arguments, self.family = arguments, family

    def curated(self) -> dict[str, Any]:
        """The encoder's config."""
        return curated_config(self.family, self.arguments)


def curated_model(
    family: str,
    *,
    with_spans: Any,
    piece_encoder: Any,
    torchscript: bool,
    mixed_precision: bool,
    grad_scaler_config: dict[str, Any],
    wrapped_listener: Node | None,
    **arguments: Any,
) -> Node:
    """An encoder of a family, whose sizes are `arguments`; with `wrapped_listener`, one of a head's own that
    gives what the listener would. `torchscript` changes nothing."""
    check_scaler(grad_scaler_config)
    if not isinstance(with_spans, StridedPieces):
        raise EngineError(
            f"expected with_spans of {PREFIX}WithStridedSpans.v1, got {type(with_spans).__name__}"
        )
    part = CuratedEncoder(
        partial(PiecesReader.of_files, kind=piece_encoder.attrs["kind"], spans=with_spans),
        autocast=mixed_precision,
        arguments=arguments,
        family=family,
    )
    attrs = {LATE_PART: part, TAKES_DOCS: True, "kind": NAME}
    model: Node = Model(NAME, forward, init=init, dims={"nO": arguments["hidden_width"]}, attrs=attrs)
    return model if wrapped_listener is None else wrap(model, wrapped_listener)


def init(model: Node, X: Any = None, Y: Any = None) -> None:
    """Take what loaders found; without one for the weights, draw them."""
    part: CuratedEncoder = model.attrs[LATE_PART]
    if part.is_built:
        return
    found = part.takes
    if found is None or not found.tokenizer_files:
        raise EngineError(
            "expected the pieces of an encoder to initialize it; write "
            "[initialize.components.NAME.piecer_loader] "
            f'with @model_loaders = "{PREFIX}HFPieceEncoderLoader.v1"'
        )
    part.take(model, found)


def forward(model: Node, X: Any, is_train: bool) -> tuple[Any, Callable[..., Any]]:
    """A batch's rows; for documents, the layers of each."""
    part: CuratedEncoder = model.attrs[LATE_PART]
    if isinstance(X, Batch):
        return part.update(X, with_dropout=True) if is_train else (part.encode(X), _no_backprop)
    batch = batch_of_docs(list(X))
    output = part.encode(batch)
    return [layers_of_doc(output, batch, doc) for doc in range(batch.n_docs)], _no_backprop


def _no_backprop(*gradients: Any) -> None:
    raise EngineError("expected a batch for gradients, got documents or predict")


def wrap(transformer: Node, listener: Node) -> Node:
    """An encoder with the listener that it stands for."""
    if listener.name not in LISTENERS:
        raise EngineError(f"expected a listener as wrapped_listener, got {listener.name}")
    part: CuratedEncoder = transformer.attrs[LATE_PART]
    part.outputs = Outputs(layers=listener.name in READ_ALL)
    listener.name = f"wrapped-{listener.name}"  # it reads this encoder, whatever embeddings there are
    listener.attrs["upstream"] = listener.attrs["source"] = WRAPPED
    dims, attrs = {"nO": transformer.maybe_get_dim("nO")}, {TAKES_PLACE: take_place}
    layers = [transformer, listener]
    return Model(WRAPPED, forward_wrapped, init=init_wrapped, layers=layers, dims=dims, attrs=attrs)


def take_place(model: Node, listener: Node, shared: Node) -> None:
    """Take copies of the shared encoder's weights and of the listener's."""
    copy_part(shared, model.layers[0])
    copy_params(listener, model.layers[1])


def init_wrapped(model: Node, X: Any = None, Y: Any = None) -> None:
    """Initialize the encoder."""
    model.layers[0].initialize(X=X)


def forward_wrapped(model: Node, batch: Batch, is_train: bool) -> tuple[Any, Callable[[Any], Any]]:
    """Encode, and let the listener read it."""
    transformer, listener = model.layers
    output, backprop_encoder = transformer(batch, is_train)
    before = batch.pieces.get(WRAPPED)
    batch.pieces[WRAPPED] = output
    vectors, backprop_listener = listener(batch, is_train)
    batch.pieces.pop(WRAPPED)
    if before is not None:
        batch.pieces[WRAPPED] = before

    def backprop(d_vectors: Any) -> list[Any]:
        backprop_listener(d_vectors)
        backprop_encoder(*take_gradients(WRAPPED, batch, output))
        return []

    return vectors, backprop


@registry.architectures(PREFIX + "AlbertTransformer.v1")
def AlbertTransformer(
    *,
    vocab_size: int,
    with_spans: Any,
    piece_encoder: Any,
    attention_probs_dropout_prob: float = 0.0,
    embedding_width: int = 128,
    hidden_act: str = "gelu_new",
    hidden_dropout_prob: float = 0.0,
    hidden_width: int = 768,
    intermediate_width: int = 3072,
    layer_norm_eps: float = 1e-12,
    max_position_embeddings: int = 512,
    model_max_length: int = 512,
    num_attention_heads: int = 12,
    num_hidden_groups: int = 1,
    num_hidden_layers: int = 12,
    padding_idx: int = 0,
    type_vocab_size: int = 2,
    torchscript: bool = False,
    mixed_precision: bool = False,
    grad_scaler_config: dict[str, Any] = {},  # noqa: B006  # configs show it
    wrapped_listener: Model[Any, Any] | None = None,
) -> Model[Batch, Any]:
    """ALBERT: one layer, used several times."""
    return curated_model("albert", **locals())


@registry.architectures(PREFIX + "BertTransformer.v1")
def BertTransformer(
    *,
    vocab_size: int,
    with_spans: Any,
    piece_encoder: Any,
    attention_probs_dropout_prob: float = 0.1,
    hidden_act: str = "gelu",
    hidden_dropout_prob: float = 0.1,
    hidden_width: int = 768,
    intermediate_width: int = 3072,
    layer_norm_eps: float = 1e-12,
    max_position_embeddings: int = 512,
    model_max_length: int = 512,
    num_attention_heads: int = 12,
    num_hidden_layers: int = 12,
    padding_idx: int = 0,
    type_vocab_size: int = 2,
    torchscript: bool = False,
    mixed_precision: bool = False,
    grad_scaler_config: dict[str, Any] = {},  # noqa: B006
    wrapped_listener: Model[Any, Any] | None = None,
) -> Model[Batch, Any]:
    """BERT."""
    return curated_model("bert", **locals())


def _roberta(family: str, title: str) -> Callable[..., Model[Batch, Any]]:
    """The three families that are RoBERTa by their layers."""

    def make(
        *,
        vocab_size: int,
        with_spans: Any,
        piece_encoder: Any,
        attention_probs_dropout_prob: float = 0.1,
        hidden_act: str = "gelu",
        hidden_dropout_prob: float = 0.1,
        hidden_width: int = 768,
        intermediate_width: int = 3072,
        layer_norm_eps: float = 1e-5,
        max_position_embeddings: int = 514,
        model_max_length: int = 512,
        num_attention_heads: int = 12,
        num_hidden_layers: int = 12,
        padding_idx: int = 1,
        type_vocab_size: int = 1,
        torchscript: bool = False,
        mixed_precision: bool = False,
        grad_scaler_config: dict[str, Any] = {},  # noqa: B006
        wrapped_listener: Model[Any, Any] | None = None,
    ) -> Model[Batch, Any]:
        given = {key: value for key, value in locals().items() if key != "family"}
        return curated_model(family, **given)

    make.__name__ = make.__qualname__ = title
    make.__doc__ = f"{title.removesuffix('Transformer')}, which has RoBERTa's layers."
    registered: Callable[..., Model[Batch, Any]] = registry.architectures(f"{PREFIX}{title}.v1")(make)
    return registered


RobertaTransformer = _roberta("roberta", "RobertaTransformer")
CamembertTransformer = _roberta("camembert", "CamembertTransformer")
XlmrTransformer = _roberta("xlm-roberta", "XlmrTransformer")
