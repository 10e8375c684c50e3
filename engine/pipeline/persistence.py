# SPDX-License-Identifier: Apache-2.0
"""A pipeline as files and as bytes, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgpack

from ..components.state_files import json_bytes
from ..errors import ModelFileError
from ..file_digests import digest_of
from ..safe_files import confined
from ..spacy_files import find_spacy_folder, read_spacy_folder
from ..tokenizers import EditableTokenizer, kind_of_rules
from ..tokenizers.made_by_config import is_made_by_config
from .files_in_memory import FilesInMemory
from .own_from_spacy import load_saved
from .save import meta_of, pipeline_files, save
from .saved_files import CONFIG, META, TOKENIZER, load_states, load_vectors_of, read_checked, read_meta
from .state import PipelineState
from .vectors_of_pipeline import vectors_meta
from .vocab_data import load_vocab

OF_ALL_FILES = ("digest", "files", "format")
"""What `meta.json` says of a pipeline as a whole; no longer true where something of it changed."""


class Persistence(PipelineState):
    """Saving and loading, and what is said of the pipeline as a whole."""

    @property
    def meta(self) -> dict[str, Any]:
        """What is said of the pipeline: language, name, version, labels, who made it."""
        meta = self._meta
        for key, value in (("name", "pipeline"), ("version", "0.0.0")):
            meta.setdefault(key, value)
        for key in ("description", "author", "email", "url", "license"):
            meta.setdefault(key, "")
        meta.update(
            lang=self.lang,
            pipeline=self.names,
            components=self.component_names,
            disabled=self.disabled,
            labels=self.labels,
            tokenizer_rules=kind_of_rules(self.tokenizer),
            vectors=vectors_meta(self),
        )
        return meta

    @meta.setter
    def meta(self, meta: Mapping[str, Any]) -> None:
        self._meta = dict(meta)

    @property
    def version(self) -> str:
        """Version that the model's author gave."""
        return str(self._meta.get("version", "0.0.0"))

    @property
    def digest(self) -> str:
        """sha256 over config, tokenizer rules, labels and weights: two pipelines with one digest annotate
        alike."""
        if self._digest is None:
            self._digest = digest_of(pipeline_files(self))
        return self._digest

    def to_disk(self, path: str | Path, half: bool = False, *, exclude: Iterable[str] = ()) -> None:
        """Write the pipeline to a directory; `half` stores weights as 16-bit floats. What components in
        `exclude` have learned is left out."""
        save(self, Path(path), half=half, exclude=set(exclude))
        self.path = Path(path)

    def from_disk(
        self, path: str | Path, *, exclude: Iterable[str] = (), overrides: Mapping[str, Any] | None = None
    ) -> Any:
        """Take over what was saved, by us or by spaCy 3, of a pipeline with the same components; those in
        `exclude` stay as they are. Raises: ModelFileError."""
        root, left_out = Path(path), set(exclude)
        with confined(root):
            saved = find_spacy_folder(root)
            if saved is None:
                self._take_own(root, left_out)
            else:
                self._take_saved_by_spacy(saved, left_out)
        self.path = root
        self._arranged()
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The pipeline as bytes; see `to_disk`."""
        files = pipeline_files(self, exclude=set(exclude))
        packed: bytes = msgpack.packb({**files, META: json_bytes(meta_of(self, files))})
        return packed

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> Any:
        """Take over what `to_bytes` gave; see `from_disk`. Raises: ModelFileError."""
        with confined(None):
            self._take_own(FilesInMemory.unpack(bytes_data), set(exclude))
        self._arranged()
        return self

    def _take_own(self, root: Any, left_out: set[str]) -> None:
        meta = read_meta(root)
        rules = read_checked(root, TOKENIZER, meta)
        if "tokenizer" not in left_out and not is_made_by_config(rules):
            self.tokenizer = EditableTokenizer.from_json(rules)
        load_states([(name, step) for name, step in self.steps if name not in left_out], root, meta)
        load_vectors_of(self, root, meta)
        load_vocab(self.vocab, root, meta)
        self._meta = {key: value for key, value in meta.items() if key not in OF_ALL_FILES}

    def _take_saved_by_spacy(self, root: Path, left_out: set[str]) -> None:
        others = {*left_out, *_names_in(root)} - set(self.component_names)
        saved = read_spacy_folder(root, left_out | others)
        if "tokenizer" not in left_out:
            self.tokenizer = saved.tokenizer
        self.use_vectors(saved.vocab.vectors)
        load_saved(saved, [(name, step) for name, step in self.steps if name not in left_out])
        self._meta.update(saved.meta)


def _names_in(root: Path) -> list[str]:
    """Folders of a saved pipeline, among which are those of its components."""
    try:
        return [folder.name for folder in root.iterdir() if folder.is_dir()]
    except OSError as error:
        raise ModelFileError(f"{root / CONFIG}: expected a saved pipeline, got {error.strerror}") from None
