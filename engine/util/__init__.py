# SPDX-License-Identifier: Apache-2.0
"""Helpers that scripts of the ecosystem use, under their documented names.

- `streams`: items in batches and in another order; numbers that change from step to step
- `texts`: spans that do not overlap; words of a text with the blanks after them
- `pipelines`: pipelines by name, folder and config; classes of languages; meta data
- `files`: paths, folders, packages and Python files
- `frozen`: lists and maps that refuse to be changed; `parts`: objects of several parts to bytes and folders
- `exceptions`: tokenizer exceptions put together
- `values`: nested maps and dotted names, weights of scores, texts of pages
"""

from __future__ import annotations

from ..thinc_import import thinc as thinc  # first: it comes without torch

# isort: split

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from thinc.api import fix_random_seed

from ..config.registry import registry
from ..pipeline.state import raise_error
from ..tokenizers import compile_infix_regex, compile_prefix_regex, compile_suffix_regex
from .files import (
    ensure_path,
    get_installed_models,
    get_package_path,
    get_package_version,
    import_file,
    is_in_jupyter,
    is_package,
    make_tempdir,
    working_dir,
)
from .pipelines import (
    get_lang_class,
    get_model_meta,
    get_sourced_components,
    lang_class_is_loaded,
    load_config,
    load_config_from_str,
    load_meta,
    load_model,
    load_model_from_config,
    load_model_from_init_py,
    load_model_from_package,
    load_model_from_path,
    resolve_dot_names,
    set_lang_class,
)
from .streams import compounding, decaying, itershuffle, minibatch
from .texts import filter_chain_spans, filter_spans, get_words_and_spaces
from .values import (
    combine_score_weights,
    create_default_optimizer,
    dict_to_dot,
    dot_to_dict,
    dot_to_object,
    escape_html,
    get_arg_names,
    ignore_error,
    minify_html,
    set_dot_to_object,
    walk_dict,
)

if TYPE_CHECKING:
    from .exceptions import expand_exc, normalize_slice, split_command, update_exc
    from .frozen import SimpleFrozenDict, SimpleFrozenList
    from .parts import DummyTokenizer, from_bytes, from_dict, from_disk, to_bytes, to_dict, to_disk

WHEN_ASKED = {
    **dict.fromkeys(("expand_exc", "normalize_slice", "split_command", "update_exc"), "exceptions"),
    **dict.fromkeys(("SimpleFrozenDict", "SimpleFrozenList"), "frozen"),
    **dict.fromkeys(("from_bytes", "from_dict", "from_disk", "to_bytes", "to_dict", "to_disk"), "parts"),
    "DummyTokenizer": "parts",
}
"""Names whose file is imported when somebody asks for them: annotating needs none."""

logger = logging.getLogger("spacy")
"""The logger that scripts write to."""

__all__ = [
    "DummyTokenizer",
    "SimpleFrozenDict",
    "SimpleFrozenList",
    "combine_score_weights",
    "compile_infix_regex",
    "compile_prefix_regex",
    "compile_suffix_regex",
    "compounding",
    "create_default_optimizer",
    "decaying",
    "dict_to_dot",
    "dot_to_dict",
    "dot_to_object",
    "ensure_path",
    "escape_html",
    "expand_exc",
    "filter_chain_spans",
    "filter_spans",
    "fix_random_seed",
    "from_bytes",
    "from_dict",
    "from_disk",
    "get_arg_names",
    "get_installed_models",
    "get_lang_class",
    "get_model_meta",
    "get_package_path",
    "get_package_version",
    "get_sourced_components",
    "get_words_and_spaces",
    "ignore_error",
    "import_file",
    "is_in_jupyter",
    "is_package",
    "itershuffle",
    "lang_class_is_loaded",
    "load_config",
    "load_config_from_str",
    "load_meta",
    "load_model",
    "load_model_from_config",
    "load_model_from_init_py",
    "load_model_from_package",
    "load_model_from_path",
    "logger",
    "make_tempdir",
    "minibatch",
    "minify_html",
    "normalize_slice",
    "raise_error",
    "registry",
    "resolve_dot_names",
    "set_dot_to_object",
    "set_lang_class",
    "split_command",
    "to_bytes",
    "to_dict",
    "to_disk",
    "update_exc",
    "walk_dict",
    "working_dir",
]


def __getattr__(name: str) -> Any:
    """One of the names of `WHEN_ASKED`."""
    if name in WHEN_ASKED:
        globals()[name] = getattr(import_module(f".{WHEN_ASKED[name]}", __package__), name)
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
