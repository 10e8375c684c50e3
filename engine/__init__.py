# SPDX-License-Identifier: Apache-2.0
"""Freshet's engine: texts in, annotated documents out; pipelines made, trained, saved and loaded from
configs.

>>> import engine
>>> doc = engine.blank("en")("Freshet runs in Kigali.")
>>> doc[3].text
'Kigali'

From the top down; a folder knows those below it (`pyproject.toml` holds it to that):

spacy_names     documented module names, and whose they are here; people's own files
cli, util       what commands do, as functions; helpers that scripts use
api, training   all public names; readers, batchers, the loop, learning from a stream
annotation      batches as messages and messages as gold: the only reader of `schemas`
pipeline        a tokenizer and components in order: built, run, saved
spacy_files     what spaCy saved, read without running anything of it
components      one file a step: tagger, parser, ner, categories, rules, ...
models, layers  architectures that configs name; Thinc layers over a whole batch
scoring         what two annotations say differently, as units and counts
matching        token patterns and phrases; displacy: documents as pictures
kernels         trained layers in compiled form; decoders: their truth, in plain Python
tokenizers      texts to batches, by rules
doc, vectors    batch, document, token, span, example; tables of word vectors
vocab           strings, lexemes and their features
languages       what is known of each language: rules and words, a file a language
config, jit     configs and the function registry; how loops are compiled and kept
thinc_import, file_digests, devices, extras, errors, cached, cores, lazy_torch, glossary,
uncollected: what all use

Importing it costs nothing; the first public name that is asked for brings the rest (api.py).
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from .uncollected import uncollected as _uncollected

if TYPE_CHECKING:
    from .api import *  # noqa: F403  # what `__getattr__` finds, for type checkers
else:

    def __getattr__(name: str) -> Any:
        """A folder or file, alone; a public name, from api.py, all of which are there from then on; or one
        that the documentation has."""
        if name == "__all__" or not name.startswith("_") or name == "__version__":
            if PathFinder.find_spec(f"{__name__}.{name}", sys.modules[__name__].__path__):
                return import_module(f".{name}", __name__)
            with _uncollected(forever=True):
                public = import_module(".api", __name__)
            if hasattr(public, "__all__"):  # not while api.py itself is being imported
                there = vars(public)
                names = ("__all__", *public.__all__)
                globals().update({each: there[each] for each in names if each in there})
                if name not in globals() and name in public.__all__:
                    globals()[name] = getattr(public, name)
                if name not in globals():
                    return _documented(name)
            if name in globals():
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *import_module(".api", __name__).__all__})


def _documented(name: str) -> Any:
    """What the documentation's name is here. Raises: AttributeError."""
    names = import_module(".spacy_names.modules", __name__)
    if name not in names.names_in(""):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return names.named("", name)


class _DocumentedModules(MetaPathFinder):
    """Finds modules that the documentation has and no file: `from engine.tokens import Doc`."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        """The spec of one, None for any other."""
        if not fullname.startswith(f"{__name__}.") or fullname.startswith(f"{__name__}.spacy_names"):
            return None
        return import_module(".spacy_names.engine_modules", __name__).find_documented(fullname, path)


sys.meta_path.append(_DocumentedModules())
