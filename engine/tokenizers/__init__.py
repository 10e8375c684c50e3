# SPDX-License-Identifier: Apache-2.0
"""Texts to tokens, by rules that are data, per language (`engine.languages` has the data).

- `rules`: what decides how a language's text is cut, as JSON; `rule_bytes`: as spaCy writes it
- `languages`, `defaults`: the rules of every language, and what its class says of it
- `rule_tokenizer`: the tokenizer: texts to batches, safe to call from several threads
- `characters`: every character a token
- `editable_tokenizer`: the same with rules that can be changed one by one, as documented
- `affixes`, `special_cases`, `search_functions`: forms in which people write rules
- `explanation`: which rule made each token
- `segmented_tokenizer`, `segmenters`: words found by a library, for Chinese, Japanese, Thai, Vietnamese
- `callable_tokenizer`: a function of people's own in the place of a tokenizer; `made_by_config`: what it and
  `characters` share, which no rules describe
- `splitter`: the algorithm in plain Python, which says what is right
- `spanning_exceptions`: exceptions that reach over several tokens or chunks
- `chunk_table`: what every chunk seen so far was cut into
- `chunk_loops`: compiled loops that find chunks in it and lay their tokens out
- `token_arrays`: the memory around these loops

What a tokenizer must offer is `Tokenizer`, from `engine.doc`.
"""

from __future__ import annotations

from ..doc import Tokenizer
from .affixes import compile_infix_regex, compile_prefix_regex, compile_suffix_regex
from .callable_tokenizer import CallableTokenizer, as_tokenizer
from .defaults import BaseDefaults, copied_defaults, defaults_of, tokenizer_of
from .editable_tokenizer import EditableTokenizer
from .languages import RULES, kind_of_rules, tokenizer_for
from .rule_tokenizer import RuleTokenizer
from .rules import Piece, Rules
from .segmented_tokenizer import SegmentedTokenizer, maker_of

__all__ = [
    "RULES",
    "BaseDefaults",
    "CallableTokenizer",
    "EditableTokenizer",
    "Piece",
    "RuleTokenizer",
    "Rules",
    "SegmentedTokenizer",
    "Tokenizer",
    "as_tokenizer",
    "compile_infix_regex",
    "compile_prefix_regex",
    "compile_suffix_regex",
    "copied_defaults",
    "defaults_of",
    "kind_of_rules",
    "maker_of",
    "tokenizer_for",
    "tokenizer_of",
]
