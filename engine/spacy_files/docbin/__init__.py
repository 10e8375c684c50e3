# SPDX-License-Identifier: Apache-2.0
"""DocBin files (`.spacy`): annotated documents as spaCy keeps them, read safely and written.

Kept: words, blanks, norms, lemmas, tags, parts of speech, morphology, trees, sentence starts, entities with
their ids, span groups with theirs, categories, and user data where asked for. Not kept: spans without a
token.

- `doc_bin`: a container of documents as people handle it
- `reader`, `writer`: documents of a file, and a file of documents
- `container`: the outer form of a file; `entity_columns`, `span_groups`: parts of it
"""

from __future__ import annotations

from .container import SUFFIX
from .doc_bin import DocBin
from .reader import read_docbin
from .writer import DocBinWriter

__all__ = ["SUFFIX", "DocBin", "DocBinWriter", "read_docbin"]
