# SPDX-License-Identifier: Apache-2.0
"""Components of a pipeline: made, put in a place, taken out, renamed, switched off and on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from confection import Config

from ..components import EmbeddingComponent, FileComponent, TrainableComponent
from ..config.config import interpolate_config
from ..config.score_weights import fill_score_weights
from .errors import ArrangementError
from .factories import FactoryMeta, factory_names, filled_block, make_by_factory, meta_of_factory
from .listener_replacement import take_model, upstreams_of, with_own_embedding
from .own_steps import OwnStep, step_of, unwrapped
from .selection import DisabledPipes
from .state import PipelineState, Steps
from .vectors_of_pipeline import take_vectors_along


class Arrangement(PipelineState):
    """Which components there are, in which order, and which of them run."""

    # --- reading

    @property
    def pipeline(self) -> Steps:
        """Names and components that run, in order."""
        return [(name, unwrapped(step)) for name, step in self.running()]

    @property
    def pipe_names(self) -> list[str]:
        """Names of the components that run, in order."""
        return self.names

    @property
    def pipe_labels(self) -> dict[str, list[str]]:
        """Labels of each component that has some and does not hide them."""
        labelled = (
            (name, component) for name, component in self.pipeline if not getattr(component, "hide_labels", 0)
        )
        labels = {name: getattr(component, "labels", None) for name, component in labelled}
        return {name: list(of) for name, of in labels.items() if of is not None and not callable(of)}

    @property
    def pipe_factories(self) -> dict[str, str]:
        """The factory of each component that runs."""
        return {name: self.get_pipe_meta(name).factory for name in self.names}

    @property
    def factory_names(self) -> list[str]:
        """Names of all factories that this language has."""
        return factory_names(self.lang)

    def get_pipe(self, name: str) -> Any:
        """A component by name, disabled or not. Raises: UnknownComponentError where there is none."""
        return unwrapped(self.step(name))

    def has_pipe(self, name: str) -> bool:
        """Whether a component of that name runs."""
        return name in self.names

    def get_pipe_meta(self, name: str) -> FactoryMeta:
        """What is known of a component's factory. Raises: UnknownComponentError."""
        self.step(name)
        factory = self._values_of(name).get("factory")
        return FactoryMeta(name) if factory is None else meta_of_factory(str(factory), self.lang)

    def get_pipe_config(self, name: str) -> Config:
        """The section of a component. Raises: UnknownComponentError."""
        self.step(name)
        return Config(self._values_of(name))

    def _values_of(self, name: str) -> dict[str, Any]:
        """A component's section, references followed; empty where it has none."""
        values: dict[str, Any] = interpolate_config(self.config)["components"].get(name, {})
        return values

    # --- making

    def create_pipe(
        self,
        factory_name: str,
        name: str | None = None,
        *,
        config: Mapping[str, Any] | None = None,
        raw_config: Mapping[str, Any] | None = None,
        validate: bool = True,
    ) -> Any:
        """A component that is not in the pipeline. Raises: ArrangementError where there is no such factory,
        ConfigError where a setting is wrong."""
        return self._create(factory_name, name or factory_name, config or {})[0]

    def _create(self, factory: str, name: str, config: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        _expect_factory_name(factory)
        block = filled_block(factory, self.lang, config)
        return make_by_factory(self, block, name, ("components", name), lang=self.lang), block

    def create_pipe_from_source(self, source_name: str, source: Any, *, name: str) -> tuple[Any, str]:
        """A copy of another pipeline's component, and the name of its factory. Raises: ArrangementError."""
        component, block = self._copy(source_name, source, name)
        return component, str(block.get("factory", source_name))

    def _copy(self, source_name: str, source: Any, name: str) -> tuple[Any, dict[str, Any]]:
        if not isinstance(source, PipelineState):
            raise ArrangementError(
                f"expected a loaded pipeline as the source of {source_name!r}, got {type(source).__name__}; "
                "load it first: source=engine.load(...)"
            )
        original = source.step(source_name)
        block: dict[str, Any] = interpolate_config(source.config)["components"].get(source_name, {})
        if isinstance(original, OwnStep) and not original.keeps_weights:
            return original.component, dict(block)
        copy = make_by_factory(self, block, name, ("components", name), lang=source.lang)
        _give_state(step_of(name, copy), original)
        if source is not self:
            take_vectors_along(self, name, copy, source)
        return copy, dict(block)

    # --- arranging

    def add_pipe(
        self,
        factory_name: str,
        name: str | None = None,
        *,
        before: str | int | None = None,
        after: str | int | None = None,
        first: bool | None = None,
        last: bool | None = None,
        source: Any = None,
        config: Mapping[str, Any] | None = None,
        raw_config: Mapping[str, Any] | None = None,
        validate: bool = True,
    ) -> Any:
        """Make a component by a factory, or copy one of `source`, and put it into its place: the end, unless
        another one is named.

        Raises: ArrangementError where there is no such factory or place, or the name is taken; ConfigError
        where a setting is wrong.
        """
        _expect_factory_name(factory_name)
        name = name or factory_name
        if name in self.component_names:
            raise ArrangementError(
                f"expected a new name of a component, got {name!r}; there are: "
                f"{', '.join(self.component_names)}. Give another one as name="
            )
        place = self._place(before, after, first, last)
        if source is None:
            component, block = self._create(factory_name, name, config or {})
        else:
            component, block = self._copy(factory_name, source, name)
        self.config["components"][name] = dict(raw_config) if raw_config is not None else block
        self.steps.insert(place, (name, step_of(name, component)))
        self._arranged()
        self._weigh_scores()
        return component

    def _weigh_scores(self) -> None:
        """Let the config's weights of scores be those of the components, unless somebody wrote others."""
        training = self.config["training"]
        given = dict(training.get("score_weights", {}))
        values = {"nlp": {"pipeline": self.component_names}, "components": self.config["components"]}
        made = fill_score_weights({} if given == self._made_weights else given, values)
        training["score_weights"] = made
        if not given or given == self._made_weights:
            self._made_weights = dict(made)

    def _place(
        self, before: str | int | None, after: str | int | None, first: bool | None, last: bool | None
    ) -> int:
        """Where a component goes among all. Raises: ArrangementError."""
        given = {"before": before, "after": after, "first": first or None, "last": last or None}
        said = [key for key, value in given.items() if value is not None]
        if len(said) > 1:
            raise ArrangementError(f"expected one of before, after, first, last, got {' and '.join(said)}")
        if first:
            return 0
        if before is not None:
            return self._index(before, "before")
        if after is not None:
            return self._index(after, "after") + 1
        return len(self.steps)

    def _index(self, place: str | int, what: str) -> int:
        names = self.component_names
        if isinstance(place, int) and not isinstance(place, bool):
            if not -len(names) <= place < len(names):
                raise ArrangementError(
                    f"expected {what} as a position below {len(names)}, got {place}; there are: "
                    f"{', '.join(names) or 'none'}"
                )
            return place % len(names)
        if place not in names:
            raise ArrangementError(
                f"expected {what} as the name of a component, got {place!r}; there are: "
                f"{', '.join(names) or 'none'}"
            )
        return names.index(place)

    def remove_pipe(self, name: str) -> tuple[str, Any]:
        """Take a component out, and give its name and itself. Raises: UnknownComponentError."""
        component = self.get_pipe(name)
        self.steps.pop(self.component_names.index(name))
        self._disabled.discard(name)
        self._forget_sections(name)
        self._arranged()
        self._weigh_scores()
        return name, component

    def rename_pipe(self, old_name: str, new_name: str) -> None:
        """Give a component another name. Raises: UnknownComponentError, ArrangementError where the new one is
        taken."""
        step = self.step(old_name)
        if new_name in self.component_names:
            raise ArrangementError(f"expected a new name of a component, got {new_name!r}, which is taken")
        self.steps[self.component_names.index(old_name)] = (new_name, step)
        step.name = new_name
        _rename_own(unwrapped(step), new_name)
        if old_name in self._disabled:
            self._disabled = {*self._disabled - {old_name}, new_name}
        for sections in (self.config["components"], self.config["initialize"].get("components", {})):
            if old_name in sections:
                sections[new_name] = sections.pop(old_name)
        self._tell_listeners(old_name, new_name)
        self._arranged()

    def _tell_listeners(self, old_name: str, new_name: str) -> None:
        """Listeners that read an embedding by its name go on reading it."""
        for name, component in self.components:
            for node in component.model.walk() if isinstance(component, TrainableComponent) else []:
                if node.attrs.get("upstream") == old_name:
                    node.attrs["upstream"] = new_name
                    _rename_upstream(self.config["components"].get(name, {}), old_name, new_name)

    def replace_pipe(
        self, name: str, factory_name: str, *, config: Mapping[str, Any] | None = None, validate: bool = True
    ) -> Any:
        """Put a new component in the place of another one, under its name. Raises: UnknownComponentError."""
        self.step(name)
        component, block = self._create(factory_name, name, config or {})
        self.steps[self.component_names.index(name)] = (name, step_of(name, component))
        self.config["components"][name] = block
        self._arranged()
        return component

    def replace_listeners(self, tok2vec_name: str, pipe_name: str, listeners: Sequence[str]) -> None:
        """Give a component its own copy of an embedding in place of its listeners, by their paths in its
        section, such as `model.tok2vec`. Raises: ArrangementError where there is none, UnknownComponentError.
        """
        embedding, component = self.get_pipe(tok2vec_name), self.get_pipe(pipe_name)
        if not isinstance(embedding, EmbeddingComponent):
            raise ArrangementError(f"expected the name of an embedding component, got {tok2vec_name!r}")
        if tok2vec_name not in upstreams_of(component):
            raise ArrangementError(
                f"expected a component that listens to {tok2vec_name!r}, got {pipe_name!r}, which listens to "
                f"{', '.join(upstreams_of(component)) or 'none'}"
            )
        values = interpolate_config(self.config)["components"]
        block = with_own_embedding(pipe_name, values[pipe_name], values[tok2vec_name], listeners)
        path = ("components", pipe_name)
        take_model(component, make_by_factory(self, block, pipe_name, path, lang=self.lang), embedding)
        self.config["components"][pipe_name] = block
        self._arranged()

    def _forget_sections(self, name: str) -> None:
        for sections in (self.config["components"], self.config["initialize"].get("components", {})):
            sections.pop(name, None)

    # --- switching

    def disable_pipe(self, name: str) -> None:
        """Let a component not run. Raises: UnknownComponentError."""
        self.step(name)
        self._disabled.add(name)
        self._switched()

    def enable_pipe(self, name: str) -> None:
        """Let a component run again. Raises: UnknownComponentError."""
        self.step(name)
        self._disabled.discard(name)
        self._switched()

    def _switched(self) -> None:
        self.config["nlp"]["disabled"] = self.disabled
        self._digest = None

    def disable_pipes(self, *names: str | Sequence[str]) -> DisabledPipes:
        """Let components not run, until `restore()` or the end of a `with` block."""
        flat = [name for each in names for name in ([each] if isinstance(each, str) else each)]
        return self.select_pipes(disable=flat)

    def select_pipes(
        self, *, disable: str | Iterable[str] | None = None, enable: str | Iterable[str] | None = None
    ) -> DisabledPipes:
        """Let only some components run, until `restore()` or the end of a `with` block.

        Raises: ArrangementError where neither is given, or the two contradict each other.
        """
        if enable is None and disable is None:
            raise ArrangementError("expected names to disable or to enable, got neither")
        off = None if disable is None else _names(disable)
        if enable is not None:
            rest = [name for name in self.names if name not in _names(enable)]
            if off is not None and set(off) != set(rest):
                raise ArrangementError(
                    f"expected disable to name what enable leaves out, {', '.join(rest) or 'nothing'}, got "
                    f"{', '.join(off) or 'nothing'}"
                )
            off = rest
        return DisabledPipes(self, off or [])


def _names(names: str | Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _expect_factory_name(factory_name: object) -> None:
    if not isinstance(factory_name, str):
        got = getattr(factory_name, "__name__", repr(factory_name))
        raise ArrangementError(
            f"expected the name of a factory, got {got}; register a function or class by "
            "@Language.component or @Language.factory and give its name"
        )


def _give_state(copy: Any, original: Any) -> None:
    """What a component has learned or was given, for a copy of it."""
    component, source = unwrapped(copy), unwrapped(original)
    if isinstance(source, TrainableComponent):
        if source.is_initialized:
            state = source.state()
            own = {name: array.copy() for name, array in state.arrays.items()}
            component.load_state(replace(state, arrays=own))
    elif isinstance(original, FileComponent):
        copy.load_files(original.files())


def _rename_own(component: Any, name: str) -> None:
    """The component's own idea of its name, where it has one."""
    if not callable(component) or hasattr(component, "model"):
        try:
            component.name = name
        except AttributeError:
            return


def _rename_upstream(block: Any, old_name: str, new_name: str) -> None:
    if isinstance(block, dict):
        if block.get("upstream") == old_name:
            block["upstream"] = new_name
        for value in block.values():
            _rename_upstream(value, old_name, new_name)
