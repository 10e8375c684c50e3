# SPDX-License-Identifier: Apache-2.0
"""Blocks that `fill_config` writes for components whose config leaves them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_TOK2VEC: Mapping[str, Any] = {
    "@architectures": "freshet.HashEmbedCNN.v1",
    "width": 96,
    "depth": 4,
    "embed_size": 2000,
    "window_size": 1,
    "maxout_pieces": 3,
    "subword_features": True,
    "pretrained_vectors": None,
}

DEFAULT_LISTENER: Mapping[str, Any] = {"@architectures": "freshet.Tok2VecListener.v1", "width": 96, "upstream": "*", "grad_factor": 1.0}

DEFAULT_TAGGER: Mapping[str, Any] = {"@architectures": "freshet.Tagger.v1", "nO": None, "normalize": False, "tok2vec": DEFAULT_TOK2VEC}

DEFAULT_NER: Mapping[str, Any] = {
    "@architectures": "freshet.TransitionBasedParser.v1",
    "state_type": "ner",
    "extra_state_tokens": False,
    "hidden_width": 64,
    "maxout_pieces": 2,
    "use_upper": True,
    "nO": None,
    "tok2vec": DEFAULT_TOK2VEC,
}


def with_defaults(**defaults: Any) -> Callable[[Function], Function]:
    """Attach what `fill_config` writes for arguments whose default is a block of its own."""

    def attach(function: Function) -> Function:
        function.config_defaults = defaults  # type: ignore[attr-defined]
        return function

    return attach
