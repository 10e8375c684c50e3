# SPDX-License-Identifier: Apache-2.0
"""Texts and what is known of them: batches of arrays for the pipeline, documents as views for people.

- `batch`: documents as ragged arrays, with a column for each layer of annotation
- `doc_columns`: the columns of one document as lists; what tokens and spans read from
- `doc`, `token`, `span`: documents, tokens and spans; `token_lexical`: what a token is by its text alone
- `doc_setters`, `doc_arrays`, `doc_storage`: what can be set of a document; it as numbers, as bytes
- `stated_doc`, `words`: a document that somebody makes of words and annotations
- `batch_writer`: single values into the columns of a batch; `gather`: documents of several batches as one
- `doc_state`: user data and hooks; `underscore`: attributes of one's own; `vector_access`: vectors by hooks
- `fixed_list`: lists that are read and not changed
- `span_group`, `categories`: groups of spans and categories that write into their document
- `written_doc`: a document with all that is known of it as a map
- `retokenize`: asking for tokens to be merged or split; `token_merge`, `token_split`: doing it
- `tree`: the dependency tree by positions, edges of subtrees, sentences from trees
- `projectivity`: crossing arcs lifted and put back
- `noun_chunks`, `noun_chunk_rules`: base noun phrases of English, and of other languages
- `json`: documents as JSON values and back
- `biluo`: spans as one action or tag per token, and back
- `alignment`: two tokenizations of one text; `token_alignment`: the same as people look it up
- `entity_offsets`: entities as places in the text and as tags
- `example`: what a pipeline predicts beside what people annotated; `example_batch`: examples as a batch
- `example_access`, `example_maps`, `example_checks`: examples by their documented names
- `partial_gold`: gold documents of which only a part is known
- `tokenizer_protocol`: what all this needs of a tokenizer
"""

from __future__ import annotations

from .batch import UNSET, Batch, FloatArray, IntArray, LabelColumn, SpanColumn, Spans, join
from .biluo import MISSING
from .doc import Doc
from .example import Example
from .example_batch import ExampleCache, batch_of
from .gather import gather
from .partial_gold import CharSpans, PartialGold
from .retokenize import Retokenizer
from .span import Span
from .span_group import SpanGroup, SpanGroups
from .token import Token
from .token_merge import Merge, merge_tokens
from .tokenizer_protocol import Tokenizer
from .tree import ROOT, Tree

__all__ = [
    "MISSING",
    "ROOT",
    "UNSET",
    "Batch",
    "CharSpans",
    "Doc",
    "Example",
    "ExampleCache",
    "FloatArray",
    "IntArray",
    "LabelColumn",
    "Merge",
    "PartialGold",
    "Retokenizer",
    "Span",
    "SpanColumn",
    "SpanGroup",
    "SpanGroups",
    "Spans",
    "Token",
    "Tokenizer",
    "Tree",
    "batch_of",
    "gather",
    "join",
    "merge_tokens",
]
