# SPDX-License-Identifier: Apache-2.0
"""Pipelines: a tokenizer and components in order. Import the files; this door imports nothing of them.

- `pipeline`: predicting, learning, scoring; `slices`: a stream of texts, several slices at a time
- `build`: made from a config, a directory, or blank
- `save`: written to a directory; `saved_files`: the files of one, checked and read
- `resources`: registered makers of tokenizers, vectors and labels from files
"""

from __future__ import annotations

from ..thinc_import import thinc as thinc  # first: it comes without torch
