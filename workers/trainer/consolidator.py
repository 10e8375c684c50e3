# SPDX-License-Identifier: Apache-2.0
"""The slow one of a learner's two speeds: a training on base and all corrections so far, in idle time, that
becomes the learner when it is done, if it is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.doc.example import Example
from engine.pipeline.pipeline import Pipeline
from engine.training.consolidation import Consolidated, Consolidation, ConsolidationPlan
from engine.training.growth import grow_heads
from engine.training.keyed_example import KeyedExample
from engine.training.loop import Progress, dropout_rates, learn_batch
from engine.training.optimizer_state import load_optimizer_state
from engine.training.stream_learner import LearnerSettings, StreamLearner

from ..settings import ConsolidationSettings
from .choosing import is_better, score_pass
from .events import AdoptEvent, ConsolidateEvent, DropEvent
from .session_parts import SessionParts


@dataclass(frozen=True, slots=True)
class ConsolidationSet:
    """What a consolidation learns, and what it chooses the best pass by, as they were when it began."""

    seed: int
    examples: Mapping[str, KeyedExample]
    choosing: Sequence[KeyedExample]


class Consolidator:
    """Begins, works and is adopted. What comes out follows from the set and its seed alone, so that a state
    needs no more of it than these, and a journal no more than where it began, where it was adopted and after
    how many steps.

    The set is the reservoir's: all corrections so far, and all of the base, as long as it has room for them,
    a fair sample later. So the work is bounded, and what was taken back or has left the log is learned no
    longer.
    """

    def __init__(
        self,
        settings: ConsolidationSettings,
        parts: SessionParts,
        start: Callable[[], Pipeline],
        fixed: Callable[[], Sequence[Example]],
    ) -> None:
        """`start` gives the pipeline that the stream began with, `fixed` the holdout's choosing part."""
        self.since = 0
        """Corrections that came after the last set was taken."""
        self.begun: ConsolidationSet | None = None
        self.is_done = False
        self._settings, self._parts, self._start, self._fixed = settings, parts, start, fixed
        self._running: Consolidation | None = None

    @property
    def has_begun(self) -> bool:
        """Whether there is one to work at, or to adopt."""
        return self.begun is not None

    def is_due(self, *, at_end: bool = False) -> bool:
        """Whether enough has come since the last set was taken; at the stream's end anything is."""
        reservoir = self._parts.reservoir
        if reservoir is None or not self._settings.every or not reservoir.stream or not self.since:
            return False
        return at_end or self.since >= max(self._settings.every, self._settings.growth * reservoir.seen)

    def begin(self, step: int) -> ConsolidateEvent:
        """Take all that there is as the set of a new consolidation; one that was begun before is given up."""
        reservoir = self._parts.reservoir
        assert reservoir is not None
        examples = {**reservoir.base, **reservoir.stream}
        self.begun = ConsolidationSet(self._parts.seed + step, examples, self._parts.filter.choosing)
        self.since, self._running, self.is_done = 0, None, False
        return ConsolidateEvent(len(examples), self.begun.seed)

    def give_up(self) -> None:
        """Heads have grown: what was begun does not fit any longer, and a new one is due."""
        reservoir = self._parts.reservoir
        if self.begun is not None and reservoir is not None:
            self.begun, self._running, self.is_done = None, None, False
            self.since = max(self.since, reservoir.seen)

    def work(self) -> bool:
        """Learn a slice, if one was begun; whether there was anything to do."""
        if self.begun is None or self.is_done:
            return False
        if self._running is None:
            self._running = self._make(self.begun)
        self.is_done = self._running.advance(self._settings.slice_words)
        return True

    def adopt(
        self, progress: Progress, stopped: Callable[[], bool], steps: int = 0
    ) -> AdoptEvent | DropEvent | None:
        """Let what comes out be the learner, which then learns what came since; dropped where the choosing
        documents do not show that it is better than the learner; None where it was stopped before. `steps`:
        the number that was chosen before, else the best is chosen."""
        assert self.begun is not None
        if steps:
            self._running, self.is_done = self._make(self.begun, steps), False
        while not self.is_done:
            if stopped():
                return None
            self.work()
        assert self._running is not None
        best, known, choosing = self._running.best, self.begun.examples, self._choosing(self.begun)
        dropped = self.drop()
        if not steps and choosing and not self._is_better(best, choosing):
            return dropped
        self._take_over(best)
        self._catch_up(known, progress)
        return AdoptEvent(best.steps)

    def drop(self) -> DropEvent:
        """Let nothing come of what was begun."""
        self.begun, self._running, self.is_done = None, None, False
        return DropEvent()

    def state(self) -> dict[str, Any]:
        """All of it as JSON values; examples that the reservoir has are named by their keys."""
        if self.begun is None:
            return {"since": self.since} if self.since else {}
        kept = self._kept()
        examples = [
            key if kept.get(key) is example else [key, example.source]
            for key, example in self.begun.examples.items()
        ]
        choosing = [[example.key, example.source] for example in self.begun.choosing]
        return {
            "since": self.since,
            "seed": self.begun.seed,
            "examples": examples,
            "choosing": choosing,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave, after the reservoir did."""
        self.since = state.get("since", 0)
        if "seed" not in state:
            return
        rebuild, kept = self._parts.examples.rebuild, self._kept()
        examples = {
            one if isinstance(one, str) else one[0]: kept[one] if isinstance(one, str) else rebuild(*one)
            for one in state["examples"]
        }
        choosing = [rebuild(key, source) for key, source in state["choosing"]]
        self.begun = ConsolidationSet(state["seed"], examples, choosing)

    def _kept(self) -> dict[str, KeyedExample]:
        reservoir = self._parts.reservoir
        return {} if reservoir is None else {**reservoir.base, **reservoir.stream}

    def _make(self, begun: ConsolidationSet, steps: int = 0) -> Consolidation:
        learner, settings = self._parts.learner, self._settings
        pipeline = self._start()
        grow_heads(pipeline, learner.grown)
        self._parts.adapt(pipeline)
        own = LearnerSettings(0.0, learner.settings.average, learner.settings.rates)
        plan = ConsolidationPlan(
            settings.max_epochs,
            settings.batch_words,
            settings.max_words,
            settings.patience,
        )
        return Consolidation(
            StreamLearner(pipeline, None, own),
            self._parts.new_optimizer(),
            list(begun.examples.values()),
            [] if steps else self._choosing(begun),
            partial(score_pass, pipeline),
            plan,
            self._parts.loop,
            begun.seed,
            steps,
        )

    def _choosing(self, begun: ConsolidationSet) -> list[Example]:
        return [*self._fixed(), *begun.choosing]

    def _is_better(self, best: Consolidated, choosing: Sequence[Example]) -> bool:
        with self._parts.learner.candidate() as pipeline:
            return is_better(pipeline, best.weights, choosing)

    def _take_over(self, best: Consolidated) -> None:
        """The optimizer goes on with the moments of the training, whose scale fits the weights."""
        self._parts.learner.take_over(best.weights)
        load_optimizer_state(self._parts.learner.pipeline, self._parts.optimizer, best.moments, 0)

    def _catch_up(self, known: Mapping[str, KeyedExample], progress: Progress) -> None:
        """Learn what the set did not have, as it is learned when it comes."""
        parts = self._parts
        assert parts.reservoir is not None
        late = [example for key, example in parts.reservoir.stream.items() if key not in known]
        rates = dropout_rates(parts.loop.dropout)
        for batch in parts.batcher(iter(late)) if late else ():
            learn_batch(
                parts.learner, parts.optimizer, batch, parts.loop, dropout=next(rates), losses=progress.losses
            )
            progress.step += 1
