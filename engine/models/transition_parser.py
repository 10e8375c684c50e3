# SPDX-License-Identifier: Apache-2.0
"""The architecture of transition models: scores of every action for every state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from thinc.api import Linear, Model, chain, zero_init
from thinc.types import Floats2d

from ..config.registry import registry
from ..doc.batch import Batch
from ..errors import EngineError
from ..layers.precomputable_affine import precomputable_affine
from ..layers.ragged import Array

if TYPE_CHECKING:
    from ..layers.state_update import KnownStates

PARSER_MODEL = "parser_model"
"""Name of the root node."""

N_FEATURES = {("ner", False): 3, ("ner", True): 6, ("parser", False): 8, ("parser", True): 13}
"""Feature tokens per state, by state type and `extra_state_tokens`."""

ENTITY_MODEL = "TransitionBasedParser.ner"
ARC_MODEL = "TransitionBasedParser.parser"
"""Marks of models that kernels may compile."""

KINDS = {"ner": ENTITY_MODEL, "parser": ARC_MODEL}


@registry.architectures("freshet.TransitionBasedParser.v1")
def TransitionBasedParser(
    tok2vec: Model[Batch, Floats2d],
    state_type: Literal["ner", "parser"],
    extra_state_tokens: bool,
    hidden_width: int,
    maxout_pieces: int,
    use_upper: bool = True,
    nO: int | None = None,
) -> Model[tuple[Batch, Array], Floats2d]:
    """From a batch and the feature tokens of each state (rows of the batch, -1 where missing) to action
    scores.

    Shape: features `(n_states, n_features)`; scores `(n_states, n_actions)`.
    Raises: EngineError for another `state_type` than "ner" and "parser".
    """
    if state_type not in KINDS:
        raise EngineError(f"expected state_type {' or '.join(map(repr, KINDS))}, got {state_type!r}")
    width = tok2vec.maybe_get_dim("nO")
    lower = precomputable_affine(
        hidden_width if use_upper else nO,
        hidden_width,
        N_FEATURES[state_type, extra_state_tokens],
        maxout_pieces,
        dropout=0.0,
    )
    upper = Linear(nO, hidden_width, init_W=zero_init) if use_upper else None
    model = transition_model(chain(tok2vec, Linear(hidden_width, width)), lower, upper)
    model.set_dim("nO", nO) if nO is not None else None
    return model


@registry.layers("freshet.TransitionModel.v1")
def transition_model(
    tok2vec: Model[Batch, Floats2d],
    lower: Model[tuple[Floats2d, Array], Floats2d],
    upper: Model[Floats2d, Floats2d] | None,
    resize_output: Callable[..., Any] | None = None,
    dropout: float = 0.2,
    unseen_classes: Iterable[int] = (),
) -> Model[tuple[Batch, Array], Floats2d]:
    """The same of ready parts: token vectors that end in a linear layer, state vectors, scores.

    Heads grow by themselves, and dropout is that of the training: `resize_output`, `dropout` and
    `unseen_classes` are read and not needed. Raises: EngineError where the parts are others.
    """
    kinds = {n_features: key for key, n_features in N_FEATURES.items()}
    linears = [node for node in tok2vec.walk() if node.name == "linear"]
    if lower.maybe_get_dim("nF") not in kinds or not linears or tok2vec.layers[-1] is not linears[-1]:
        raise EngineError(
            "expected token vectors of a chain that ends in a linear layer, and state vectors of "
            f"{', '.join(map(str, kinds))} features, got {tok2vec.name} and {lower.maybe_get_dim('nF')}"
        )
    state_type, extra_state_tokens = kinds[lower.get_dim("nF")]
    attrs = {
        "kind": KINDS[state_type],
        "has_upper": upper is not None,
        "state_type": state_type,
        "extra_state_tokens": extra_state_tokens,
    }
    layers = [tok2vec, lower, *([] if upper is None else [upper])]
    model = Model(PARSER_MODEL, forward, init=init, layers=layers, dims={"nO": None}, attrs=attrs)
    for name, node in zip(("tok2vec", "lower", "upper"), layers, strict=False):
        model.set_ref(name, node)
    model.set_ref("linear", linears[-1])
    return model


def init(model: Model[Any, Any], X: tuple[Batch, Array] | None = None, Y: Any = None) -> None:
    """Initialize bottom up; the number of actions comes from Y."""
    token_vectors, lower = model.get_ref("tok2vec"), model.get_ref("lower")
    token_vectors.initialize(X=X[0] if X is not None else None)
    if Y is not None:
        model.set_dim("nO", Y.shape[1])
        (model.get_ref("upper") if model.attrs["has_upper"] else lower).set_dim("nO", Y.shape[1])
    lower.initialize()
    if model.attrs["has_upper"]:
        model.get_ref("upper").initialize()


def forward(
    model: Model[Any, Any], X: tuple[Batch, Array], is_train: bool
) -> tuple[Any, Callable[[Any], Any]]:
    """Token vectors of the whole batch once, then all states at once."""
    batch, features = X
    tokens, backprop_tokens = model.get_ref("tok2vec")(batch, is_train)
    lower = model.get_ref("lower")
    states = X.of(tokens, features, X.vectors, lower) if _knows(X, lower) and is_train else (tokens, features)
    hidden, backprop_lower = lower(states, is_train)
    if not model.attrs["has_upper"]:
        return hidden, lambda d_scores: backprop_tokens(backprop_lower(d_scores))
    scores, backprop_upper = model.get_ref("upper")(hidden, is_train)
    return scores, lambda d_scores: backprop_tokens(backprop_lower(backprop_upper(d_scores)))


def _knows(X: Any, lower: Model[Any, Any]) -> TypeGuard[KnownStates]:
    """Whether a walk of this very model found the states."""
    return getattr(X, "lower", None) is lower
