# SPDX-License-Identifier: Apache-2.0
"""The pipeline: a tokenizer and components in order, for predicting, learning and scoring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

from confection import Config

from ..components import Component
from ..config.config import parse_config
from ..config.default_values import fill_config
from ..vocab.vocab import Vocab
from .analysis import Analysis, analyze, print_analysis
from .assembly import Choice, build
from .files_in_memory import FilesInMemory
from .language_classes import OF_LANGUAGE
from .persistence import Persistence
from .prediction import Prediction
from .registration import Registration
from .rehearsal import Rehearsal
from .resources import make_tokenizer
from .saved_files import CONFIG
from .state import raise_error
from .tokenizer_makers import call_maker

MAX_LENGTH = 1_000_000
"""Characters of a text at most, unless a script says more."""


class Pipeline(Registration, Prediction, Rehearsal, Persistence):
    """Ordered components on one tokenizer. Predicting is safe from several threads at once; learning is not.

    Its other name is `Language`. `registering`, `arrangement`, `predicting`, `learning`, `rehearsing` and
    `keeping` hold what it can do.

    >>> from engine import blank
    >>> [token.text for token in blank("en")("Rain, again.")]
    ['Rain', ',', 'again', '.']
    """

    def __init__(
        self,
        vocab: Any = True,
        *,
        max_length: int = MAX_LENGTH,
        meta: Mapping[str, Any] | None = None,
        create_tokenizer: Callable[[Any], Any] | None = None,
        batch_size: int = 1000,
    ) -> None:
        self.max_length = max_length
        self.default_error_handler = raise_error
        self.steps = []
        self.path = None
        self._meta = dict(meta or {})
        self._config = None
        self._disabled = set()
        self._optimizer = None
        self._sourced_vectors = {}
        self._tokenizer = None
        self._vocab = vocab if isinstance(vocab, Vocab) else None
        make = make_tokenizer if create_tokenizer is None else create_tokenizer
        self.tokenizer = call_maker(make, self)
        self._digest = self._meta.get("digest")
        if batch_size != 1000:
            self.batch_size = batch_size

    @classmethod
    def assemble(
        cls,
        make_tokenizer: Callable[[Any], Any],
        config: Config,
        components: Sequence[tuple[str, Component]] = (),
        meta: Mapping[str, Any] | None = None,
        disabled: Iterable[str] = (),
        vocab: Any = True,
    ) -> Self:
        """A pipeline of these parts, as a config says."""
        nlp = cls(vocab, meta=meta, create_tokenizer=make_tokenizer)
        nlp.config = config
        nlp._disabled = set(disabled)
        nlp.add_components(list(components))
        return nlp

    @classmethod
    def from_config(
        cls,
        config: Mapping[str, Any] | None = None,
        *,
        vocab: Any = True,
        disable: str | Iterable[str] = (),
        enable: str | Iterable[str] = (),
        exclude: str | Iterable[str] = (),
        meta: Mapping[str, Any] | None = None,
        auto_fill: bool = True,
        validate: bool = True,
    ) -> Self:
        """An untrained pipeline from a config, whose defaults are filled unless `auto_fill` is false.

        Raises: ConfigError.
        """
        whole = Config(dict(config or {"nlp": {"lang": cls.lang}}), is_interpolated=False)
        choice = Choice.of(vocab, disable, enable, exclude)
        made: Self = build(cls._base(), fill_config(whole) if auto_fill else whole, choice=choice, meta=meta)
        return made

    @classmethod
    def of_bytes(cls, data: bytes) -> Self:
        """A pipeline from what `to_bytes` gave, the config in it included. Raises: ModelFileError."""
        files = FilesInMemory.unpack(data)
        config = parse_config((files / CONFIG).read_bytes().decode("utf8"))
        made: Self = build(cls._base(), config, choice=Choice())
        made.from_bytes(data)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Its bytes, for copies and other processes."""
        return _of_bytes, (self._base(), self.to_bytes())

    @classmethod
    def _base(cls) -> type:
        """The class that language classes are made of: this one, unless it is one of them."""
        return cls.__bases__[0] if OF_LANGUAGE in cls.__dict__ else cls

    def analyze_pipes(
        self, *, keys: Sequence[str] = ("assigns", "requires", "scores", "retokenizes"), pretty: bool = False
    ) -> Analysis:
        """What each component sets, needs and scores, and what is needed but not set before; `pretty` prints
        it."""
        analysis = analyze({name: self.get_pipe_meta(name) for name in self.names}, keys)
        if pretty:
            print_analysis(analysis, keys)
        return analysis


def _of_bytes(base: type[Pipeline], data: bytes) -> Pipeline:
    return base.of_bytes(data)


Language = Pipeline
"""The name that the ecosystem's scripts know it by."""
