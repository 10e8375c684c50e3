# SPDX-License-Identifier: Apache-2.0
"""What both components with classifiers of Hugging Face share: where the model comes from, and its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import Lock

from ...doc.example import Example
from ...errors import EngineError, ModelFileError
from ...safe_files import confined_as, confinement, is_named, named_path, parse_json
from ...transformer import (
    Backend,
    Classifier,
    Kind,
    Precision,
    Pretrained,
    label_names,
    read_pretrained,
    read_state,
)
from ..component import Scorer, Scores
from ..on_documents import OnDocuments

CONFIG, WEIGHTS = "config.json", "model.safetensors"


class HfClassifier(OnDocuments):
    """A classifier by the name of a local folder or of a model of the hub, read when it is needed first.

    A saved pipeline keeps the model's files, so that nothing is fetched once they are there; one without them
    has a folder of its own for the model, or whoever loads it names one. `labels` gives labels other names; a
    label named "" is not written.
    """

    kind: Kind

    def __init__(
        self,
        name: str,
        model: str,
        revision: str,
        labels: Mapping[str, str] | None,
        precision: str,
        scorer: Scorer | None,
    ) -> None:
        self.name = name
        self.model_name = model
        self.revision = revision
        self.label_map = dict(labels or {})
        self.scorer = scorer
        self._precision = _precision(name, precision)
        self._read: Pretrained | None = None
        self._confinement = confinement()
        self._lock = Lock()

    @property
    def classifier(self) -> Classifier:
        """The model. Raises: TransformerError where it cannot be had."""
        with self._lock:
            return self._classifier

    @cached_property
    def _classifier(self) -> Classifier:
        read = self._read or self._found()
        return Classifier(read, self.kind, Backend(precision=self._precision))

    def _found(self) -> Pretrained:
        """The model by its name: of a saved pipeline, what could be read while that was loaded."""
        with confined_as(self._confinement):
            self._check_place()
            return read_pretrained(self.model_name, revision=self.revision)

    def _check_place(self) -> None:
        """Raises: ModelFileError where a saved pipeline names a model that is not in its folder."""
        if not is_named(self.model_name) and not named_path(self.model_name).is_dir():
            raise ModelFileError(
                f"{self.name}: expected the files of its model in the folder of the saved pipeline, got the "
                f"name {self.model_name!r}; save the pipeline again, or name the model yourself when you "
                f'load: config={{"components.{self.name}.model": ...}}'
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all labels, as they are written."""
        return label_names(self.classifier.labels, self.label_map)

    def files(self) -> Mapping[str, bytes]:
        """The model in Hugging Face's layout."""
        return self.classifier.files()

    def load_files(self, files: Mapping[str, bytes]) -> None:
        """Take over what `files` gave; of a saved pipeline that has none, see to it that the model is in its
        folder. Raises: EngineError where it is something else."""
        if not files and self._confinement is not None:
            self._check_place()
            return
        if CONFIG not in files or WEIGHTS not in files:
            raise EngineError(
                f"expected {CONFIG} and {WEIGHTS} of the component {self.name!r}, got "
                f"{', '.join(sorted(files)) or 'no files'}"
            )
        rest = {name: data for name, data in files.items() if name not in (CONFIG, WEIGHTS)}
        config = parse_json(files[CONFIG], CONFIG, "the config of a model")
        if not isinstance(config, dict):
            raise EngineError(f"{CONFIG}: expected a map, got {type(config).__name__}")
        state = read_state(files[WEIGHTS], self.name)
        with self._lock:
            self._read = Pretrained(self.name, config, state, rest)
            self.__dict__.pop("_classifier", None)

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer."""
        return {} if self.scorer is None else dict(self.scorer(examples))


def _precision(name: str, precision: str) -> Precision:
    known = [each.value for each in Precision]
    if precision not in known:
        raise EngineError(f"expected a precision of {name!r} among {', '.join(known)}, got {precision!r}")
    return Precision(precision)
