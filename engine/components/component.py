# SPDX-License-Identifier: Apache-2.0
"""What a component of a pipeline is, and what all trainable ones have in common."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from thinc.api import Model, Optimizer, set_dropout_rate

from ..config.registry import registry
from ..doc.batch import Batch
from ..doc.example import Example
from ..errors import ComponentError, UninitializedError
from ..kernels import Backend
from ..layers.late_parts import FIXED, LATE_PART, OWN_FILE, build_parts, files_of_parts, late_parts
from ..layers.ops import EngineOps
from ..layers.shapes import set_checked
from .compiled import backend_for
from .growth import CLASS_AXES, Growth, NewClass, grow_model, path_to_output
from .on_documents import OnDocuments, Predictions, batch_of_examples
from .parameter_places import tell_places
from .settings import Settings
from .shim_state import load_shims, shim_arrays, shim_keys
from .state import State as State
from .state_files import files_of_state, state_of_files
from .targets import Distillable

Array = npt.NDArray[Any]
Scores = dict[str, Any]
Scorer = Callable[..., Scores]
GetExamples = Callable[[], Iterable[Example]]
Losses = dict[str, float]


@runtime_checkable
class Component(Protocol):
    """A named step of a pipeline that writes a layer of annotation, or shared vectors, onto a batch."""

    name: str

    def predict(self, batch: Batch) -> None:
        """Annotate the batch in place."""
        ...

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores of what is predicted against what is known; empty where the component has none."""
        ...


@runtime_checkable
class FileComponent(Component, Protocol):
    """A component without weights that keeps files of its own in its folder, such as tables or patterns."""

    def files(self) -> Mapping[str, bytes]:
        """Name and content of each file."""
        ...

    def load_files(self, files: Mapping[str, bytes]) -> None:
        """Take over what `files` gave. Raises: EngineError where it is something else."""
        ...


@runtime_checkable
class InitializedComponent(Component, Protocol):
    """A component without weights that takes settings of `[initialize.components.NAME]`."""

    def initialize(self, get_examples: GetExamples, sample: Batch, **settings: Any) -> None:
        """Take the settings."""
        ...


@runtime_checkable
class PhraseReadingComponent(Component, Protocol):
    """A component with phrases of its own, which the pipeline tokenizes for it."""

    def read_phrases_with(self, read: Callable[[Sequence[str], bool], Batch]) -> None:
        """Take what makes a batch of texts, annotated by what comes before it in the pipeline where the flag
        says so."""
        ...


class TrainableComponent(OnDocuments):
    """A component around one Thinc model. Its `model` is the reference; `predict` may use a compiled form of
    it.

    Whoever changes weights calls `weights_changed`, so that the compiled form is made anew. `is_prepared`:
    labels and shapes were found or loaded; a model may have all its weights before, as one of PyTorch has.
    """

    is_prepared = False
    is_trainable = True
    added_labels: tuple[str, ...] = ()

    def __init__(self, name: str, model: Model[Any, Any], scorer: Scorer | None = None) -> None:
        self.name = name
        self.model = model
        self.scorer = scorer
        self.labels: tuple[str, ...] = ()
        self.compiled: Any = None
        self.precision, self.device = "auto", "cpu"
        for node in model.walk():
            node.ops = node.ops if isinstance(node.ops, EngineOps) else EngineOps()

    @property
    def is_initialized(self) -> bool:
        """Whether every parameter of the model has a value, and every part its form."""
        return all(part.is_built for _, _, part in late_parts(self.model)) and all(
            node.has_param(name) for node in self.model.walk() for name in node.param_names
        )

    @property
    def is_ready(self) -> bool:
        """Whether there is nothing left to find or to draw."""
        return self.is_prepared and self.is_initialized

    def require_initialized(self) -> None:
        """Raises: EngineError where the model has no weights yet."""
        if not self.is_initialized:
            raise UninitializedError(
                f"expected component {self.name!r} to have weights; call pipeline.initialize or load a "
                "trained pipeline"
            )

    def begin_update(self, X: Any, dropout: float) -> tuple[Any, Callable[[Any], Any]]:
        """Forward pass with dropout, and its backward pass."""
        self.require_initialized()
        set_dropout_rate(self.model, dropout)
        result: tuple[Any, Callable[[Any], Any]] = self.model.begin_update(X)
        return result

    def finish_update(self, optimizer: Optimizer) -> None:
        """Let the optimizer change the weights by the gradients collected so far, which are cleared."""
        tell_places(optimizer, self.name, self.model)
        optimizing = import_module("engine.layers.optimizing")  # annotating needs none of it
        optimizing.finish_update(self.model, optimizer)
        self.weights_changed()

    def backend(self) -> Backend:
        """What computes the compiled form: chosen by `precision` and `device`. Raises: EngineError where
        there is none."""
        return backend_for(self.precision, self.device)

    def weights_changed(self) -> None:
        """Forget the compiled form."""
        self.compiled = None
        for _, _, part in late_parts(self.model):
            part.weights_changed()

    @contextmanager
    def use_params(self, params: Mapping[tuple[int, str], Array]) -> Iterator[None]:
        """Run with other weights, such as an optimizer's averages, and put the own ones back."""
        with self.model.use_params(dict(params)):
            self.weights_changed()
            try:
                yield
            finally:
                self.weights_changed()
        self.weights_changed()

    @property
    def cfg(self) -> Any:
        """The component's settings, which can be changed in it."""
        return Settings(self)

    def create_optimizer(self) -> Optimizer:
        """An optimizer with default settings."""
        optimizer: Optimizer = registry.get("optimizers", "Adam.v1")(learn_rate=0.001)
        return optimizer

    def get_loss(self, examples: Sequence[Example], scores: Any) -> tuple[Any, Any]:
        """The loss of scores, and its gradient by them; scores are the model's, or what `predict(docs)` gave.

        Raises: EngineError where this component has no loss of its own.
        """
        if not isinstance(self, Distillable):
            raise ComponentError(f"expected a component with a loss, got {self.name!r}")
        target = self.distillation_target(batch_of_examples(examples), examples)
        if isinstance(scores, Predictions):
            scores = self.model.predict(target.inputs)
        if isinstance(scores, list | tuple):
            scores = np.concatenate([np.asarray(part) for part in scores])
        d_scores, loss = target.gradient(np.asarray(scores))
        return loss, d_scores

    def rehearse(
        self,
        examples: Sequence[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: Losses | None = None,
    ) -> Losses:
        """Nothing: what is rehearsed against is kept by the pipeline, see `Language.rehearse`."""
        return {} if losses is None else losses

    @property
    def is_resizable(self) -> bool:
        """Whether labels can be added after initialisation."""
        return self.can_grow

    def kept(self) -> dict[str, bytes]:
        """Weights and labels as files, and the component's own files."""
        return {**files_of_state(self.state()), **super().kept()}

    def take_kept(self, files: Mapping[str, bytes]) -> None:
        """Take over what `kept` gave."""
        self.load_state(state_of_files(files, self.name))
        super().take_kept(files)

    @property
    def class_names(self) -> tuple[Hashable, ...]:
        """What each class of the model means, in their order: two heads with a class of one name mean the
        same by it. Empty where that cannot be said."""
        return self.labels

    def add_label(self, label: str) -> int:
        """Give a head one more label; 1 where it is new, else 0. One that is trained grows, see `add_labels`;
        another one has it, besides those that its examples have, once it is initialized.

        Raises: EngineError where labels cannot be added to this head, or this is none.
        """
        if not isinstance(label, str):
            raise ComponentError(f"expected a text as label of {self.name!r}, got {type(label).__name__}")
        if self.is_initialized:
            return 0 if self.add_labels([label]) is None else 1
        if not takes_labels(self):
            self.new_classes([label])
        if label in self.labels:
            return 0
        self.added_labels = (*self.added_labels, label)
        self.labels = (*self.labels, label)
        return 1

    def with_added_labels(self, get_examples: GetExamples, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Settings of `initialize`, with the labels that were added by hand before, and those of the
        examples."""
        added, self.added_labels = self.added_labels, ()
        if not added or settings.get("labels") is not None:
            return dict(settings)
        self.labels = added
        return {**settings, "labels": [*added, *self.labels_to_find(get_examples())]}

    def labels_to_find(self, examples: Iterable[Example]) -> list[str]:
        """Labels that examples have besides those that are known, in the order in which a head takes them."""
        return self.unknown_labels(examples)

    def add_labels(self, labels: Sequence[str]) -> Growth | None:
        """Give a trained head more labels; None where it has them all.

        Until it learns, it says what it said before: see `growth`. Whoever keeps copies of the weights
        (averages, an optimizer's moments) lets the `Growth` widen them.
        Raises: EngineError where there are no weights yet, or where labels cannot be added to this head.
        """
        self.require_initialized()
        new = [label for label in dict.fromkeys(labels) if label not in self.labels]
        if not new:
            return None
        growth = grow_model(self.name, self.model, self.first_new_class, self.new_classes(new))
        self.load_labels(self.labels_with(new))
        self.weights_changed()
        return growth

    grows_by_learning = False
    """Whether examples with a new label are reason enough to have it, as in the documented recognizer."""

    @property
    def can_grow(self) -> bool:
        """Whether labels can be added to this kind of head."""
        return type(self).new_classes is not TrainableComponent.new_classes

    @property
    def first_new_class(self) -> int:
        """The number that a new class gets."""
        return len(self.class_names)

    def new_classes(self, labels: Sequence[str]) -> list[NewClass]:
        """The classes of new labels, in their order. Raises: EngineError where the labels are fixed."""
        raise ComponentError(
            f"expected a head to which labels can be added, got {self.name!r}, whose classes are fixed once "
            f"it is trained; train it anew to have {', '.join(labels)}"
        )

    def labels_with(self, labels: Sequence[str]) -> dict[str, Any]:
        """What `label_state` gives once these labels are there, too."""
        return {**self.label_state(), "labels": [*self.labels, *labels]}

    def unknown_labels(self, examples: Iterable[Example]) -> list[str]:
        """Labels that gold says of this head's layer and that it lacks, in order of first appearance."""
        said = dict.fromkeys(label for example in examples for label in self.gold_labels_of(example))
        return [label for label in said if label and label not in self.labels]

    def gold_labels_of(self, example: Example) -> Iterable[str]:
        """Labels that gold says of this head's layer; none where labels cannot be added to it."""
        return ()

    def score(self, examples: Sequence[Example]) -> Scores:
        """Scores by the configured scorer."""
        return self.scorer(examples) if self.scorer is not None else {}

    def state(self) -> State:
        """Everything needed to make this component again from its config."""
        self.require_initialized()
        arrays, nodes, parts = {}, {}, []
        for index, node in enumerate(self.model.walk()):
            arrays.update(
                {f"{index:03d}.{node.name}.{name}": node.get_param(name) for name in node.param_names}
            )
            nodes[str(index)] = {"dims": _dims(node), "attrs": _plain(node.attrs)}
            if LATE_PART in node.attrs:
                nodes[str(index)]["attrs"][LATE_PART] = node.attrs[LATE_PART].saved()
            if OWN_FILE in node.attrs:
                parts.append(f"{index:03d}.{node.name}")
        arrays.update(shim_arrays(self.model))
        return State(arrays, self.label_state(), nodes, files_of_parts(self.model), tuple(parts))

    def load_state(self, state: State) -> None:
        """Take over what `state` gave. Raises: EngineError where it belongs to another model, in its layers
        or in a shape."""
        self.load_labels(state.labels)
        put_weights(self.model, state, self.name)
        self._require_a_class_for_each_score()
        self.is_prepared = True
        self.weights_changed()

    @property
    def n_classes(self) -> int | None:
        """How many scores the model gives, which labels decide; None where they do not."""
        return len(self.class_names) if takes_labels(self) else None

    def _require_a_class_for_each_score(self) -> None:
        *_, layer = path_to_output(self.model)
        if self.n_classes is None or layer.name not in CLASS_AXES or layer.get_dim("nO") == self.n_classes:
            return
        raise ComponentError(
            f"expected {layer.get_dim('nO')} classes of {self.name!r}, as its weights have scores, got "
            f"{self.n_classes}; fetch the folder again"
        )

    @property
    def label_data(self) -> Any:
        """What `initialize` takes as `labels`, so that it need not look for them, in the form of spaCy's
        files of labels; None where there are none to give."""
        return list(self.labels) or None

    def label_state(self) -> dict[str, Any]:
        """Labels as JSON values."""
        return {"labels": list(self.labels)}

    def load_labels(self, labels: Mapping[str, Any]) -> None:
        """Take over what `label_state` gave."""
        self.labels = tuple(labels["labels"])


def put_weights(model: Model[Any, Any], state: State, name: str) -> None:
    """Give a model, which is called by that name, the weights of a state. Raises: EngineError where they are
    those of another model, in its layers or in a shape."""
    build_parts(model, state.nodes, state.arrays, state.files)
    wanted: dict[str, tuple[Model[Any, Any], str]] = {}
    for index, node in enumerate(model.walk()):
        _set_node(node, state.nodes.get(str(index), {}))
        wanted.update({f"{index:03d}.{node.name}.{param}": (node, param) for param in node.param_names})
    expected = {*wanted, *shim_keys(model)}
    if expected != set(state.arrays):
        odd = ", ".join(sorted(expected ^ set(state.arrays))[:3])
        raise ComponentError(
            f"expected the weights of the model that the config of {name!r} describes; they differ at {odd}"
        )
    for key, (node, param) in wanted.items():
        set_checked(node, param, state.arrays[key])
    load_shims(model, state.arrays)


def takes_labels(component: TrainableComponent) -> bool:
    """Whether a component's `initialize` takes labels."""
    initialize = getattr(component, "initialize", None)
    return initialize is not None and "labels" in inspect.signature(initialize).parameters


def sample_scores(batch: Batch, n_labels: int) -> Array:
    """An array of the shape that a classifier with that many labels gives. Shape: `(n_tokens, n_labels)`."""
    return np.zeros((batch.n_tokens, n_labels), dtype=np.float32)


def missing_labels(name: str, layer: str) -> ComponentError:
    """The error of a head that found no label to learn."""
    what = f"expected examples with {layer} to initialize {name!r}, got none"
    return ComponentError(f"{what}; check the corpus, or give [initialize.components.{name}] labels")


def _dims(node: Model[Any, Any]) -> dict[str, int]:
    return {name: int(node.get_dim(name)) for name in node.dim_names if node.has_dim(name)}


def _plain(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that are JSON values and mean something at prediction."""
    lasting = {key: value for key, value in attrs.items() if key not in ("dropout_rate", FIXED, "source")}
    return {key: value for key, value in lasting.items() if isinstance(value, int | float | str | bool)}


def _set_node(node: Model[Any, Any], saved: Mapping[str, Any]) -> None:
    for name, value in saved.get("dims", {}).items():
        if name in node.dim_names and node.has_dim(name) is None:
            node.set_dim(name, value)
    for key, value in saved.get("attrs", {}).items():
        if key == "seed":
            node.attrs[key] = value
