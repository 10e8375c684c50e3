# SPDX-License-Identifier: Apache-2.0
"""The architectures of encoders that read spans of text by a Hugging Face tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from thinc.api import Model

from ...config.registry import registry
from ...doc.batch import Batch
from ...doc.doc import Doc
from ...errors import EngineError
from ...layers.doc_models import TAKES_DOCS, batch_of_docs
from ...layers.late_parts import LATE_PART
from ...transformer import Outputs, Pretrained, TransformerError, read_pretrained
from .encoder_part import EncoderPart
from .model_output import output_from
from .piece_output import PieceOutput
from .span_getters import SpanGetter
from .texts_reader import TextsReader, with_settings
from .trf_data import FullTransformerBatch
from .views import data_of_batch, gradient_of_padded

Node: TypeAlias = Model[Any, Any]

NAME = "transformer"
"""Name of the layer."""

SCALER = ("enabled", "init_scale", "backoff_factor", "growth_factor", "growth_interval")
"""What `grad_scaler_config` may say; bfloat16 has the range of float32 and needs none of it."""


class TransformerModel(Model[Any, Any]):
    """An encoder as a Thinc model: from documents, or a batch of them, to rows of pieces.

    `name` is a local folder in Hugging Face's layout or a model of its hub; it is read when the weights are
    initialized, and not again where they were saved. `transformer_config` is laid over the encoder's config,
    `tokenizer_config` goes to the tokenizer, `mixed_precision` lets training multiply in bfloat16.
    """

    def __init__(
        self,
        name: str,
        get_spans: SpanGetter,
        tokenizer_config: Mapping[str, Any] | None = None,
        transformer_config: Mapping[str, Any] | None = None,
        mixed_precision: bool = False,
        grad_scaler_config: Mapping[str, Any] | None = None,
    ) -> None:
        check_scaler(grad_scaler_config or {})
        tokenizer_config = dict(tokenizer_config or {})
        shown, settings = _shown(transformer_config or {})
        part = ShownEncoder(
            partial(TextsReader.of_files, get_spans=get_spans, settings=tokenizer_config),
            settings=settings,
            autocast=mixed_precision,
        )
        part.shown = shown
        super().__init__(
            NAME,
            forward,
            init=init,
            dims={"nO": None},
            attrs={
                LATE_PART: part,
                TAKES_DOCS: True,
                "kind": NAME,
                "model_name": name,
                "tokenizer_config": tokenizer_config,
                "get_spans": get_spans,
            },
        )

    @property
    def part(self) -> ShownEncoder:
        """Encoder and tokenizer."""
        part: ShownEncoder = self.attrs[LATE_PART]
        return part

    @property
    def tokenizer(self) -> Any:
        """What makes pieces; None before there are weights."""
        return getattr(self.part.reader, "tokenizer", None)

    @property
    def transformer(self) -> Any:
        """The module of torch; None before there are weights."""
        return None if self.part.encoder is None else self.part.encoder.module

    @property
    def is_initialized(self) -> bool:
        """Whether there is an encoder."""
        return self.part.is_built

    def copy(self) -> Any:
        """Another one with the same weights."""
        other = TransformerModel(
            self.attrs["model_name"], self.attrs["get_spans"], self.attrs["tokenizer_config"]
        )
        other.part.settings, other.part.autocast = self.part.settings, self.part.autocast
        other.part.shown = self.part.shown
        copy_part(self, other)
        return other


class ShownEncoder(EncoderPart):
    """An encoder part with outputs that are only computed to be shown in `trf_data`."""

    shown: Outputs | None = None


@registry.architectures("spacy-transformers.TransformerModel.v1")
def TransformerModel_v1(
    name: str,
    get_spans: SpanGetter,
    tokenizer_config: dict[str, Any] = {},  # noqa: B006  # configs show it
) -> Model[list[Doc], FullTransformerBatch]:
    """See `TransformerModel`."""
    return TransformerModel(name, get_spans, tokenizer_config)


@registry.architectures("spacy-transformers.TransformerModel.v2")
def TransformerModel_v2(
    name: str,
    get_spans: SpanGetter,
    tokenizer_config: dict[str, Any] = {},  # noqa: B006
    transformer_config: dict[str, Any] = {},  # noqa: B006
) -> Model[list[Doc], FullTransformerBatch]:
    """See `TransformerModel`."""
    return TransformerModel(name, get_spans, tokenizer_config, transformer_config)


@registry.architectures("spacy-transformers.TransformerModel.v3")
def TransformerModel_v3(
    name: str,
    get_spans: SpanGetter,
    tokenizer_config: dict[str, Any] = {},  # noqa: B006
    transformer_config: dict[str, Any] = {},  # noqa: B006
    mixed_precision: bool = False,
    grad_scaler_config: dict[str, Any] = {},  # noqa: B006
) -> Model[list[Doc], FullTransformerBatch]:
    """See `TransformerModel`."""
    return TransformerModel(
        name, get_spans, tokenizer_config, transformer_config, mixed_precision, grad_scaler_config
    )


def part_of(model: Node) -> EncoderPart | None:
    """The encoder of a model of ours, None for a model of somebody's own."""
    part = model.attrs.get(LATE_PART)
    return part if isinstance(part, EncoderPart) else None


def copy_part(source: Node, target: Node) -> None:
    """Give a model of the same kind the encoder of another one, with weights of its own."""
    ours, theirs = part_of(target), part_of(source)
    if ours is None or theirs is None or theirs.encoder is None:
        return
    arrays = {name: np.array(child.get_param(name)) for child in source.layers for name in child.param_names}
    ours.backend = theirs.backend
    ours.build(target, theirs.saved(), arrays, theirs.files())


def init(model: Node, X: Any = None, Y: Any = None) -> None:
    """Read the encoder that the config names, unless there is one."""
    part: EncoderPart = model.attrs[LATE_PART]
    if not part.is_built:
        found = read_pretrained(place_of(model.attrs["model_name"]))
        files = with_settings(found.tokenizer_files, model.attrs["tokenizer_config"])
        part.take(model, Pretrained(found.name, found.config, found.state, files))


def forward(model: Node, X: Any, is_train: bool) -> tuple[Any, Callable[[Any], Any]]:
    """A batch's rows; for documents, what people's own functions get."""
    if not isinstance(X, Batch):
        return _forward_docs(model, list(X), is_train)
    part: EncoderPart = model.attrs[LATE_PART]
    if not is_train:
        return part.encode(X), _no_backprop
    return part.update(X, with_dropout=True)


def _forward_docs(
    model: Node, docs: list[Doc], is_train: bool
) -> tuple[FullTransformerBatch, Callable[[Any], Any]]:
    if not docs:
        return FullTransformerBatch.empty(0), lambda d_batch: []
    batch = batch_of_docs(docs)
    output, backprop = forward(model, batch, is_train)
    if not isinstance(output, PieceOutput):
        raise EngineError("expected rows of pieces; this is a bug in Freshet")

    def back(d_batch: FullTransformerBatch) -> list[Any]:
        d_last = output_from(d_batch.model_output).last_hidden_state
        backprop(gradient_of_padded(output, np.asarray(d_last)))
        return []

    return data_of_batch(output, batch), back


def _no_backprop(d_rows: Any, d_layers: Any = None) -> None:
    raise EngineError("expected begin_update before gradients, got predict")


def check_scaler(settings: Mapping[str, Any]) -> None:
    """Raises: EngineError for a setting of a gradient scaler that there is not."""
    for name in settings:
        if name not in SCALER:
            raise EngineError(f"grad_scaler_config: expected {', '.join(SCALER)}, got {name!r}")


def _shown(config: Mapping[str, Any]) -> tuple[Outputs, dict[str, Any]]:
    """Outputs that a config asks for, and the rest of the config."""
    settings = dict(config)
    layers = bool(settings.pop("output_hidden_states", False))
    attentions = bool(settings.pop("output_attentions", False))
    return Outputs(layers=layers, pooler=True, attentions=attentions), settings


PACKAGE = "package:"
"""Beginning of the name of an encoder that an installed package has: `package:NAME/FOLDER`."""


def place_of(name: str) -> str:
    """Where an encoder is: a folder of an installed package for `package:NAME/FOLDER`, else the name itself.

    Raises: TransformerError where there is no such package.
    """
    if not name.startswith(PACKAGE):
        return name
    package, _, folder = name.removeprefix(PACKAGE).partition("/")
    spec = find_spec(package) if package.isidentifier() else None
    for place in spec.submodule_search_locations or () if spec is not None else ():
        if (Path(place) / folder).is_dir():
            return str(Path(place) / folder)
    raise TransformerError(
        f"expected the folder {folder!r} of an installed package {package!r}, there is none; type: pip "
        "install "
        f"--no-deps {package.replace('_', '-')}"
    )
