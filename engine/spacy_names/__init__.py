# SPDX-License-Identifier: Apache-2.0
"""Documented names of the ecosystem's modules, and whose they are here: for `import spacy` in people's own
files, and for `engine.tokens`, `engine.lang.de` and their like.

- `table`: module, name, place: the one table; `languages`: its rows of languages; `versions`: of versions
- `modules`: modules that exist only as names
- `own_files`: people's files, run so that `import spacy` means us
- `engine_modules`: the same modules below `engine`
"""

from __future__ import annotations

from ..thinc_import import thinc as thinc  # first: it comes without torch

# isort: split

from .modules import missing, named, names_in, virtual_module
from .own_files import is_spacy_installed, run_file

__all__ = ["is_spacy_installed", "missing", "named", "names_in", "run_file", "virtual_module"]
