# SPDX-License-Identifier: Apache-2.0
"""Blocks that `fill_config` writes for components whose config leaves them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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


DEFAULT_TAGGER: Mapping[str, Any] = {
    "@architectures": "freshet.Tagger.v1",
    "nO": None,
    "normalize": False,
    "tok2vec": DEFAULT_TOK2VEC,
}

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


DEFAULT_PARSER: Mapping[str, Any] = {**DEFAULT_NER, "state_type": "parser"}


def default_textcat(*, exclusive: bool) -> Mapping[str, Any]:
    """An ensemble of counted words and a small CNN."""
    embed = {
        "@architectures": "freshet.MultiHashEmbed.v1",
        "width": 64,
        "attrs": ["NORM", "LOWER", "PREFIX", "SUFFIX", "SHAPE"],
        "rows": [2000, 2000, 500, 1000, 500],
        "include_static_vectors": False,
    }
    encode = {
        "@architectures": "freshet.MaxoutWindowEncoder.v1",
        "width": 64,
        "window_size": 1,
        "maxout_pieces": 3,
        "depth": 2,
    }
    linear = {
        "@architectures": "freshet.TextCatBOW.v2",
        "exclusive_classes": exclusive,
        "length": 262144,
        "ngram_size": 1,
        "no_output_layer": False,
        "nO": None,
    }
    tok2vec = {"@architectures": "freshet.Tok2Vec.v1", "embed": embed, "encode": encode}
    return {
        "@architectures": "freshet.TextCatEnsemble.v1",
        "nO": None,
        "tok2vec": tok2vec,
        "linear_model": linear,
    }


def default_spancat(*, exclusive: bool) -> Mapping[str, Any]:
    """A CNN, spans reduced to one vector, one score per label."""
    embed = {
        "@architectures": "freshet.MultiHashEmbed.v1",
        "width": 96,
        "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
        "rows": [5000, 1000, 2500, 1000],
        "include_static_vectors": False,
    }
    encode = {
        "@architectures": "freshet.MaxoutWindowEncoder.v1",
        "width": 96,
        "window_size": 1,
        "maxout_pieces": 3,
        "depth": 4,
    }
    scorer = (
        {"@layers": "Softmax.v2"}
        if exclusive
        else {"@layers": "freshet.LinearLogistic.v1", "nO": None, "nI": None}
    )
    return {
        "@architectures": "freshet.SpanCategorizer.v1",
        "tok2vec": {"@architectures": "freshet.Tok2Vec.v1", "embed": embed, "encode": encode},
        "reducer": {"@layers": "freshet.mean_max_reducer.v1", "hidden_size": 128},
        "scorer": scorer,
    }


DEFAULT_SPAN_FINDER: Mapping[str, Any] = {
    "@architectures": "freshet.SpanFinder.v1",
    "tok2vec": default_spancat(exclusive=False)["tok2vec"],
    "scorer": {"@layers": "freshet.LinearLogistic.v1", "nO": 2, "nI": None},
}

DEFAULT_ENTITY_LINKER: Mapping[str, Any] = {
    "@architectures": "freshet.EntityLinker.v1",
    "nO": None,
    "tok2vec": {**DEFAULT_TOK2VEC, "depth": 2},
}

DEFAULT_LABELLER: Mapping[str, Any] = {
    "@architectures": "freshet.MultiTask.v1",
    "maxout_pieces": 3,
    "token_vector_width": 96,
    "nO": None,
    "tok2vec": {**DEFAULT_TOK2VEC, "maxout_pieces": 2},
}

CHAR_TOK2VEC: Mapping[str, Any] = {
    "@architectures": "freshet.Tok2Vec.v1",
    "embed": {
        "@architectures": "freshet.MultiHashEmbed.v1",
        "width": 128,
        "attrs": ["ORTH", "LOWER", "IS_DIGIT", "IS_ALPHA", "IS_SPACE", "IS_PUNCT"],
        "rows": [1000, 500, 50, 50, 50, 50],
        "include_static_vectors": False,
    },
    "encode": {
        "@architectures": "freshet.MaxoutWindowEncoder.v1",
        "width": 128,
        "window_size": 4,
        "maxout_pieces": 2,
        "depth": 4,
    },
}

DEFAULT_CHAR_NER: Mapping[str, Any] = {**DEFAULT_NER, "tok2vec": CHAR_TOK2VEC}
DEFAULT_CHAR_TAGGER: Mapping[str, Any] = {**DEFAULT_TAGGER, "tok2vec": CHAR_TOK2VEC}
