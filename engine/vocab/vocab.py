# SPDX-License-Identifier: Apache-2.0
"""The vocabulary of a pipeline as people see it: words, their features, and the texts behind ids."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import msgpack

from ..safe_files import MAX_VALUES, parse_json, read_file
from .attrs import IDS, NAMES, attribute_name
from .flags import FLAGS
from .lexeme import Lexeme
from .lexemes import LexemeTable
from .lookups import Lookups
from .morphology import Morphology
from .string_store import FILE as STRINGS
from .string_store import StringStore
from .strings import string_id
from .vectors_of_words import VectorsOfWords

OOV_PROB = -20.0
"""Logarithm of the probability of a word of which nothing is known."""

VECTORS = "vectors"

OWN_FLAGS = range(25, 64)
"""Numbers that flags of one's own may have."""

SETTINGS = "vocab.json"


class Vocab(VectorsOfWords):
    """Words without context, shared by all documents of a pipeline.

    A view on the table of lexemes that texts are read with: a word that was read is here.

    >>> vocab = Vocab(strings=["hello"])
    >>> vocab["hello"].orth == vocab.strings["hello"], "hello" in vocab
    (True, True)
    """

    def __init__(
        self,
        lex_attr_getters: Mapping[Any, Callable[[str], Any]] | None = None,
        strings: Iterable[str] | None = None,
        lookups: Lookups | None = None,
        oov_prob: float = OOV_PROB,
        vectors_name: str | None = None,
        writing_system: Mapping[str, Any] | None = None,
        get_noun_chunks: Callable[[Any], Any] | None = None,
        *,
        lang: str = "",
        tag_map: Mapping[str, Mapping[Any, Any]] | None = None,
        lexemes: LexemeTable | None = None,
        **cfg: Any,
    ) -> None:
        getters = {attribute_name(key): getter for key, getter in (lex_attr_getters or {}).items()}
        language = getters.pop("LANG", None)
        self._lang = lang or (str(language("")) if language is not None else "")
        table = lexemes if lexemes is not None else LexemeTable(lang=self._lang)
        self._line = table.line
        self._line.vocab = self
        self.lex_attr_getters: dict[int, Callable[[str], Any]] = {
            IDS[name]: getter for name, getter in getters.items()
        }
        self.strings = StringStore(elsewhere=self._text_elsewhere)
        self.morphology = Morphology(self.strings)
        self.lookups = lookups if lookups is not None else Lookups()
        self.oov_prob = oov_prob
        self.vectors_name = vectors_name
        self.writing_system = dict(
            writing_system or {"direction": "ltr", "has_case": True, "has_letters": True}
        )
        self.get_noun_chunks = get_noun_chunks
        self.tag_map = {tag: dict(values) for tag, values in (tag_map or {}).items()}
        self.cfg: dict[str, Any] = {"oov_prob": oov_prob, **cfg}
        self._watchers: WeakSet[Any] = WeakSet()
        self._values: dict[str, dict[str, float]] = {}
        self._set_flags: dict[tuple[str, int], bool] = {}
        for text in strings or ():
            self.strings.add(text)
            self.lexemes.add(text)

    def attach(self, table: LexemeTable) -> None:
        """Show this table, and those that take its place, from now on, such as that of a pipeline's
        tokenizer."""
        table.line.flags.update(self._line.flags)
        if self._line.vectors is not None:
            table.line.vectors = self._line.vectors
        self._line = table.line
        self._line.vocab = self

    @property
    def lang(self) -> str:
        """Language code."""
        return self._lang or self.lexemes.lang

    def __len__(self) -> int:
        """Number of words."""
        return len(self.lexemes)

    @property
    def length(self) -> int:
        """Number of words."""
        return len(self)

    def __getitem__(self, id_or_string: str | int) -> Lexeme:
        """A word by its text, which is added if it is unknown, or by its id.

        Raises: KeyError where no known text has that id.
        """
        return Lexeme(self, id_or_string)

    def __contains__(self, key: object) -> bool:
        """Whether a word, given by its text or its id, was read or added."""
        if not isinstance(key, str | int):
            return False
        return self.lexemes.has_orth(string_id(key) if isinstance(key, str) else int(key))

    def __iter__(self) -> Iterator[Lexeme]:
        """All words, in the order in which they came."""
        table = self.lexemes
        texts = dict.fromkeys(table.text(i) for i in range(len(table)))
        return (Lexeme(self, text) for text in texts)

    def __repr__(self) -> str:
        return f"Vocab({self.lang!r}, {len(self)} words)"

    def __reduce__(self) -> Any:
        """Language, texts, tables and what was set; words come back as they are read."""
        state = (self._values, self._line.flags, self.oov_prob, self.tag_map, self.writing_system)
        return _restore, (self.lang, list(self.strings), self.lookups, state)

    def add_flag(self, flag_getter: Callable[[str], bool], flag_id: int = -1) -> int:
        """Add a yes-or-no feature of one's own and give its number: `check_flag` of tokens and words knows
        it.

        Raises: ValueError where no number is left, or the given one is taken.
        """
        free = [number for number in OWN_FLAGS if number not in self.lex_attr_getters]
        if flag_id == -1 and free:
            flag_id = free[0]
        if flag_id not in free:
            raise ValueError(
                f"expected a free number for a flag, from {OWN_FLAGS.start} to {OWN_FLAGS.stop - 1}, got "
                f"{flag_id}"
            )
        self.lex_attr_getters[flag_id] = flag_getter
        return flag_id

    @property
    def flag_names(self) -> dict[int, str]:
        """Names of all yes-or-no features by number, those of one's own too."""
        own = (number for number in self.lex_attr_getters if number in OWN_FLAGS)
        return {IDS[name]: name for name in FLAGS} | {number: NAMES[number] for number in own}

    def check_flag(self, text: str, flag_id: int | str) -> bool:
        """Whether a text has a yes-or-no feature, given by name or number. Raises: KeyError where there is
        none."""
        name = attribute_name(flag_id)
        number = IDS[name]
        if (text, number) in self._set_flags:
            return self._set_flags[text, number]
        if number in self.lex_attr_getters:
            return bool(self.lex_attr_getters[number](text))
        table = self.lexemes
        return bool(table.flag(name)[table.add(text)])

    def set_flag(self, text: str, flag_id: int | str, value: bool) -> None:
        """Say whether a text has a yes-or-no feature, whatever the language says."""
        name = attribute_name(flag_id)
        if name in FLAGS:
            self.lexemes.set_flag(name, text, bool(value))
        if IDS[name] in self.lex_attr_getters:
            self._set_flags[text, IDS[name]] = bool(value)

    def values_of(self, text: str) -> Mapping[str, float]:
        """What was set of a word besides its features: `prob`, `cluster`, `sentiment`."""
        return self._values.get(text, {})

    def set_value(self, text: str, name: str, value: float) -> None:
        """Set such a value of a word."""
        self._values.setdefault(text, {})[name] = value

    @contextmanager
    def memory_zone(self, mem: object = None) -> Iterator[None]:
        """Texts that are added inside are gone afterwards. Lexemes are bounded by their table anyhow."""
        self._in_zone = True
        try:
            with self.strings.memory_zone():
                yield None
        finally:
            self._in_zone = False

    _in_zone = False

    @property
    def in_memory_zone(self) -> bool:
        """Whether a memory zone is open."""
        return self._in_zone

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write texts, look-up tables and settings into a folder."""
        folder, left_out = Path(path), set(exclude)
        folder.mkdir(parents=True, exist_ok=True)
        if "strings" not in left_out:
            self.strings.to_disk(folder / STRINGS)
        if "lookups" not in left_out:
            self.lookups.to_disk(folder)
        if "vectors" not in left_out and self.has_vectors:
            self.vectors.to_disk(folder / VECTORS, exclude=["strings"])
        (folder / SETTINGS).write_text(json.dumps(self._settings()), encoding="utf-8")

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Vocab:
        """Read what `to_disk` wrote."""
        folder, left_out = Path(path), set(exclude)
        if "strings" not in left_out and (folder / STRINGS).exists():
            self.strings.from_disk(folder / STRINGS)
        if "lookups" not in left_out:
            self.lookups.from_disk(folder)
        if "vectors" not in left_out and (folder / VECTORS).is_dir():
            self.vectors.from_disk(folder / VECTORS)
        elif "vectors" not in left_out and (folder / VECTORS).is_file():
            self.vectors.from_disk(folder)  # as spaCy lays it out
        if (folder / SETTINGS).exists():
            self._set(parse_json(read_file(folder / SETTINGS, MAX_VALUES), folder / SETTINGS))
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Texts, look-up tables and settings as bytes."""
        left_out = set(exclude)
        parts = {"strings": self.strings.to_bytes(), "lookups": self.lookups.to_bytes()}
        if self.has_vectors and "vectors" not in left_out:
            parts["vectors"] = self.vectors.to_bytes()
        kept = {name: data for name, data in parts.items() if name not in left_out}
        data: bytes = msgpack.packb({**kept, "settings": self._settings()})
        return data

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> Vocab:
        """Read what `to_bytes` gave."""
        loaded, left_out = msgpack.unpackb(bytes_data), set(exclude)
        for name, part in (("strings", self.strings), ("lookups", self.lookups)):
            if name in loaded and name not in left_out:
                part.from_bytes(loaded[name])
        if loaded.get("vectors") and "vectors" not in left_out:
            self.vectors.from_bytes(loaded["vectors"])
        self._set(loaded["settings"])
        return self

    @property
    def is_set(self) -> bool:
        """Whether anybody set something of words, or gave tables, that is to be kept."""
        return bool(self._values or self._line.flags or len(self.lookups)) or self.oov_prob != OOV_PROB

    def _settings(self) -> dict[str, Any]:
        flags = [[name, text, value] for (name, text), value in self._line.flags.items()]
        return {"lang": self.lang, "values": self._values, "flags": flags, "oov_prob": self.oov_prob}

    def _set(self, settings: Mapping[str, Any]) -> None:
        self._lang, self.oov_prob = settings["lang"], settings["oov_prob"]
        self._values = {text: dict(values) for text, values in settings["values"].items()}
        for name, text, value in settings["flags"]:
            self.set_flag(text, name, value)


def vocab_of(table: LexemeTable) -> Vocab:
    """The vocabulary that people see of a table, and of those that took its place."""
    if table.line.vocab is None:
        Vocab(lexemes=table)
    vocab: Vocab = table.line.vocab
    return vocab


def _restore(lang: str, strings: list[str], lookups: Lookups, state: tuple[Any, ...]) -> Vocab:
    vocab = Vocab(strings=strings, lookups=lookups, lang=lang)
    vocab._values, flags, vocab.oov_prob, vocab.tag_map, vocab.writing_system = state
    for (name, text), value in flags.items():
        vocab.set_flag(text, name, value)
    return vocab
