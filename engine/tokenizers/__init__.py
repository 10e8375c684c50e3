# SPDX-License-Identifier: Apache-2.0
"""Texts to tokens, by rules that are data, per language.

- `rules`: what decides how a language's text is cut, as JSON
- `languages`: the languages that there are rules for
- `english`, `neutral`, `character_classes`: their rules, and what they share
- `rule_tokenizer`: the tokenizer: texts to batches, safe to call from several threads
- `characters`: every character a token
- `splitter`: the algorithm in plain Python, which says what is right
- `spanning_exceptions`: exceptions that reach over several tokens or chunks
- `chunk_table`: what every chunk seen so far was cut into
- `chunk_loops`: compiled loops that find chunks in it and lay their tokens out
- `token_arrays`: the memory around these loops

What a tokenizer must offer is `Tokenizer`, from `engine.doc`.
"""

from __future__ import annotations

from ..doc import Tokenizer
from .languages import RULES, tokenizer_for
from .rule_tokenizer import RuleTokenizer
from .rules import Piece, Rules

__all__ = ["RULES", "Piece", "RuleTokenizer", "Rules", "Tokenizer", "tokenizer_for"]
