from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from thinc.api import Adam, Optimizer

from engine.doc.example import Example
from engine.errors import EngineError
from engine.tokenizers import tokenizer_for
from engine.training.loop import LoopSettings, parts_of, train_while_improving, training_batches

TOKENIZER = tokenizer_for("en")


class Notes:
    """A learner that notes what it is asked to do."""

    def __init__(self) -> None:
        self.updates: list[tuple[int, float]] = []
        self.frozen: list[list[str]] = []
        self.finished = 0

    def update(
        self, examples: Any, *, dropout: float = 0.0, losses: Any = None, exclude: Any = (), **_: Any
    ) -> dict[str, float]:
        """Note size and dropout of the batch; one unit of loss."""
        self.updates.append((len(examples), dropout))
        self.frozen.append(list(exclude))
        losses["tagger"] = losses.get("tagger", 0.0) + 1.0
        return losses  # type: ignore[no-any-return]

    def finish_update(self, optimizer: Optimizer, exclude: Any = ()) -> None:
        """Note a change of the weights."""
        self.finished += 1

    @contextmanager
    def use_averages(self, optimizer: Optimizer) -> Iterator[None]:
        """Nothing to average."""
        yield


def examples(n: int) -> list[Example]:
    """So many examples of two tokens."""
    docs = [TOKENIZER.from_words(["rain", "fell"]) for _ in range(n)]
    return [Example(doc, doc) for doc in docs]


def run(
    learner: Notes, scores: list[float], n_batches: int | None, **settings: Any
) -> list[tuple[dict[str, Any], bool | None]]:
    """Infos and verdicts of a run over batches of two examples; `n_batches` None: without end."""
    batches = (
        itertools.repeat((0, examples(2))) if n_batches is None else iter([(0, examples(2))] * n_batches)
    )
    results = iter(scores)
    ticks = itertools.count()
    steps = train_while_improving(
        learner,
        Adam(),
        batches,
        lambda: (next(results), {}),
        LoopSettings(**settings),
        clock=lambda: float(next(ticks)),
    )
    return [(dict(info), is_best) for _, info, is_best in steps]


def test_there_is_an_evaluation_every_so_many_steps_and_at_the_end() -> None:
    """Steps count from 1; the last step is evaluated wherever it falls."""
    infos = run(Notes(), [0.1, 0.2, 0.3], 5, eval_frequency=2)
    assert [is_best for _, is_best in infos] == [None, True, None, True, None, True]
    assert [info["step"] for info, _ in infos] == [1, 2, 3, 4, 5, 5]
    assert infos[-1][0]["words"] == 5 * 2 * 2


def test_only_a_higher_score_is_better() -> None:
    """A score that equals the best one so far is no new best."""
    infos = run(Notes(), [0.5, 0.5, 0.6], 3, eval_frequency=1)
    assert [is_best for _, is_best in infos] == [True, False, True]
    assert infos[-1][0]["checkpoints"] == [(0.5, 1), (0.5, 2), (0.6, 3)]


def test_an_endless_stream_ends_after_max_steps() -> None:
    """`max_steps` ends a run over a reader without end, with an evaluation."""
    infos = run(Notes(), [0.5], None, eval_frequency=100, max_steps=3)
    assert [is_best for _, is_best in infos] == [None, None, True]


def test_patience_counts_steps_since_the_best() -> None:
    """A run ends at the evaluation that is `patience` steps past the best one."""
    infos = run(Notes(), [0.5, 0.4, 0.3, 0.2], None, eval_frequency=2, patience=4)
    assert len(infos) == 6


def test_losses_add_up_between_evaluations() -> None:
    """Losses are the sums since the last row."""
    infos = run(Notes(), [0.1, 0.2], 4, eval_frequency=2)
    assert [info["losses"]["tagger"] for info, _ in infos] == [1.0, 2.0, 1.0, 2.0]


def test_gradients_of_parts_make_one_step() -> None:
    """`accumulate_gradient` divides each batch and changes the weights once."""
    learner = Notes()
    run(learner, [0.1], 1, accumulate_gradient=2)
    assert [size for size, _ in learner.updates] == [1, 1]
    assert learner.finished == 1


def test_dropout_may_follow_a_schedule() -> None:
    """A schedule gives one rate a step."""
    learner = Notes()
    run(learner, [0.1], 2, dropout=iter([0.5, 0.25]))
    assert [rate for _, rate in learner.updates] == [0.5, 0.25]


def test_frozen_components_and_the_callback_are_passed_on() -> None:
    """Each update leaves the frozen ones out; the callback sees step and epoch before it."""
    learner, seen = Notes(), []
    run(
        learner,
        [0.1],
        2,
        frozen_components=["tagger"],
        before_update=lambda pipeline, at: seen.append((pipeline is learner, at)),
    )
    assert learner.frozen == [["tagger"]] * 2
    assert seen == [(True, {"step": 1, "epoch": 0}), (True, {"step": 2, "epoch": 0})]


def test_epochs_read_and_shuffle_anew() -> None:
    """With `max_epochs` every epoch reads the examples again; the batches know their epoch."""
    reads = []

    def read() -> list[Example]:
        reads.append(1)
        return examples(3)

    batches = list(training_batches(read, lambda items: ([item] for item in items), 2))
    assert [epoch for epoch, _ in batches] == [0, 0, 0, 1, 1, 1]
    assert len(reads) == 2


def test_a_stream_is_read_as_it_comes() -> None:
    """With `max_epochs` -1 an endless reader is read no further than it is used."""
    items = examples(1)
    endless = training_batches(lambda: itertools.cycle(items), lambda stream: ([item] for item in stream), -1)
    assert [batch for _, batch in itertools.islice(endless, 4)] == [items] * 4


def test_a_stream_is_learned_before_it_is_read_on() -> None:
    """A batch is learned when it is there; nobody waits for the one after it."""
    taken = []

    def stream() -> Iterator[tuple[int, list[Example]]]:
        for number in range(9):
            taken.append(number)
            yield 0, examples(1)

    steps = train_while_improving(
        Notes(), Adam(), stream(), lambda: (0.0, {}), LoopSettings(eval_frequency=100), clock=lambda: 0.0
    )
    next(steps)
    assert taken == [0]


def test_an_empty_corpus_is_refused() -> None:
    """No training example at all is an error, not an endless loop."""
    with pytest.raises(EngineError, match="expected at least one training example"):
        next(training_batches(list, lambda items: iter([list(items)]), 0))


def test_parts_are_of_about_equal_numbers() -> None:
    """A batch in two parts; never an empty part."""
    assert [len(part) for part in parts_of(examples(5), 2)] == [3, 2]
    assert [len(part) for part in parts_of(examples(1), 4)] == [1]
