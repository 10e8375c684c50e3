# SPDX-License-Identifier: Apache-2.0
"""DocBin files (`.spacy`): annotated documents as spaCy keeps them, read safely and written.

Kept: words, blanks, norms, lemmas, tags, parts of speech, morphology, trees, sentence starts, entities with
their ids, span groups, categories. Not kept: user data, the ids of single spans in groups, and spans without
a token.

- `reader`, `writer`: documents of a file, and a file of documents
- `container`: the outer form of a file; `entity_columns`, `span_groups`: parts of it
"""

from __future__ import annotations

from .container import SUFFIX
from .reader import read_docbin
from .writer import DocBinWriter

__all__ = ["SUFFIX", "DocBinWriter", "read_docbin"]
