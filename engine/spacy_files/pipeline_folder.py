# SPDX-License-Identifier: Apache-2.0
"""Pipeline directories of spaCy 3, as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confection import Config

from ..components import Component, EmbeddingComponent, TrainableComponent
from ..config.config import interpolate_config, parse_config
from ..config.default_values import fill_config
from ..config.registry import names_of, registry
from ..config.size_limits import check_sizes, check_stored
from ..errors import EngineError, ModelFileError
from ..layers import LISTENERS
from ..safe_files import MAX_CONFIG
from ..tokenizers import EditableTokenizer, Tokenizer
from .component_readers import MODEL, READERS, Reader, Source, load_trained
from .folder import Folder
from .listener_upstreams import read_last_vectors
from .model_file import stored_sizes
from .tokenizer_file import TOKENIZER, read_rules
from .vocab_folder import Vocab

CONFIG, META, VOCAB = "config.cfg", "meta.json", "vocab"
CALLBACKS = ("before_creation", "after_creation", "after_pipeline_creation")
OWN_TOKENIZER = "tokenizer.json"
"""The file by which a folder that Freshet saved is known."""

META_KEYS = (
    "name",
    "version",
    "description",
    "author",
    "email",
    "url",
    "license",
    "performance",
    "spacy_version",
    "sources",
    "vectors",
)
"""What our `meta.json` takes over."""


@dataclass(frozen=True, slots=True, eq=False)
class SpacyPipeline:
    """A directory that was read as far as a pipeline needs it to be made; `load_states` then reads the
    components' files. `config` is without defaults of functions that only learning needs where it is not
    `whole`."""

    config: Config
    whole: bool
    tokenizer: Tokenizer
    meta: Mapping[str, Any]
    sources: Mapping[str, Source]
    vocab: Vocab

    def load_states(self, components: Iterable[tuple[str, Component]]) -> None:
        """Give every component its weights, labels and tables. Raises: ModelFileError, which names the
        file."""
        components = list(components)
        for name, component in components:
            source = self.sources[name]
            reader_of(source).load(component, source)
        check_listeners(components)


def find_spacy_folder(path: Path) -> Path | None:
    """The directory of a pipeline saved by spaCy at this path, or one folder below, as in an installed
    package; else None."""
    if (path / OWN_TOKENIZER).exists():
        return None
    if (path / CONFIG).exists() and ((path / TOKENIZER).exists() or (path / VOCAB).is_dir()):
        return path
    inner = [
        folder for folder in path.glob("*-*") if (folder / CONFIG).is_file() and (folder / VOCAB).is_dir()
    ]
    return inner[0] if len(inner) == 1 and (path / META).is_file() else None


def read_spacy_folder(path: Path, exclude: Iterable[str] = (), *, whole: bool = True) -> SpacyPipeline:
    """Config, tokenizer and vocabulary of such a directory. `whole`: the config with all defaults.

    Raises: ModelFileError, which names the file; EngineError where a component has a factory that nobody
    registered.
    """
    root = Folder(path)
    meta = root.json_map(META) if root.has(META) else {}
    vocab = Vocab(root.folder(VOCAB))
    vocab.check()
    try:
        config, whole = _config(root, whole)
        sources = {source.name: source for source in _sources(root, config, vocab, set(exclude))}
        read_last_vectors(config, interpolate_config(config), set(exclude))
        for name, source in sources.items():
            config["components"][name].update(reader_of(source).settings(source))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ModelFileError(
            f"{path / CONFIG}: expected a pipeline's config, got {what}; fetch the file again"
        ) from error
    tokenizer = EditableTokenizer.of(read_rules(root, str(config["nlp"]["lang"]), vocab.norms))
    about = {key: meta[key] for key in META_KEYS if key in meta}
    return SpacyPipeline(config, whole, tokenizer, about, sources, vocab)


def reader_of(source: Source) -> Reader:
    """How this component is read."""
    return READERS.get(source.config["factory"], Reader(load_trained))


def check_listeners(components: Sequence[tuple[str, Component]]) -> None:
    """Raises: EngineError where a listener expects vectors of another width than its embedding gives."""
    widths = {
        name: component.model.maybe_get_dim("nO")
        for name, component in components
        if isinstance(component, EmbeddingComponent)
    }
    for name, component in components:
        for node in component.model.walk() if isinstance(component, TrainableComponent) else []:
            source = node.attrs.get("source") if node.name in LISTENERS else None
            if source in widths and node.has_dim("nO") and node.get_dim("nO") != widths[source]:
                raise EngineError(
                    f"expected vectors {node.get_dim('nO')} wide for {name!r}, but {source!r} gives "
                    f"{widths[source]}"
                )


def _config(root: Folder, whole: bool) -> tuple[Config, bool]:
    """The config with all defaults written out, and whether they are all: a function of its author's may look
    at them while the pipeline is made. Raises: ModelFileError."""
    file = root.path / CONFIG
    try:
        config = parse_config(root.text(CONFIG, MAX_CONFIG))
        values = interpolate_config(config)
        check_sizes(values.get("components", {}), file)
        nlp = values.get("nlp")
        whole = whole or not isinstance(nlp, Mapping) or any(nlp.get(key) is not None for key in CALLBACKS)
        return fill_config(config, learning=whole), whole
    except EngineError as error:
        raise error if isinstance(error, ModelFileError) else ModelFileError(f"{file}: {error}") from None


def _sources(root: Folder, values: Config, vocab: Vocab, exclude: set[str]) -> Iterator[Source]:
    for name in values["nlp"]["pipeline"]:
        if name in exclude:
            continue
        block = values["components"].get(name)
        if not isinstance(block, Mapping) or "factory" not in block:
            known = ", ".join(values["components"]) or "none"
            what = f"expected a section [components.{name}] with a factory; there are: {known}"
            raise ModelFileError(f"{root.path / CONFIG}: {what}")
        if not isinstance(block["factory"], str) or not registry.has("factories", block["factory"]):
            known = ", ".join(names_of("factories"))
            raise EngineError(
                f"{root.path}: component {name!r} is made by the factory {block['factory']!r}, which is not "
                f"here; there are: {known}. Leave it out with exclude (--exclude {name}), or register the "
                "factory in a file given by --code"
            )
        source = Source(name, block, root.folder(name), root, vocab)
        if source.files.has(MODEL):
            check_stored(block, stored_sizes(source.files.path / MODEL), name, root.path / CONFIG)
        yield source
