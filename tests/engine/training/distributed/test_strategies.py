from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.cli.train import train as train_config
from engine.config.config import ConfigError, read_config
from engine.errors import EngineError
from engine.training.distributed.alone import train_alone
from engine.training.distributed.settings import DistributedSettings
from engine.training.distributed.slots import slots_of
from tests.engine.training.distributed.crowd import Notes, train_crowd
from tests.engine.training.test_train import made_config, run

SHORT = {"training.max_steps": 6, "training.eval_frequency": 3, "training.dropout": 0.2}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> engine.Config:
    """Six steps on the made corpus, with dropout."""
    return made_config(tmp_path_factory.mktemp("corpus"), **SHORT)


@pytest.fixture(scope="module")
def alone(config: engine.Config) -> Notes:
    """One worker, four shards."""
    return train_crowd(config, 1)[0]


@pytest.mark.parametrize("n_workers", [2, 3, 4])
def test_any_number_of_workers_ends_in_the_weights_of_one(
    config: engine.Config, alone: Notes, n_workers: int
) -> None:
    """Best and last pipeline have the same digest, rows the same scores and losses, dropout included."""
    first, *others = train_crowd(config, n_workers)
    assert first.saved == alone.saved
    for told, expected in zip(first.rows, alone.rows, strict=True):
        assert told["losses"] == expected["losses"]
        assert told["score"] == expected["score"]
        assert told["words"] == expected["words"]
    assert all(not notes.saved and not notes.rows for notes in others)


def test_another_number_of_shards_is_another_run(config: engine.Config, alone: Notes) -> None:
    """The order of the sums and the coins belong to the shards."""
    assert train_crowd(config, 2, shards=2)[0].saved != alone.saved


def test_owners_that_wait_for_all_are_as_synchronous_workers(config: engine.Config, alone: Notes) -> None:
    """Staleness 0, a quorum of all four, one shard each: the same bits."""
    owned = train_crowd(config, 4, strategy="owned", max_staleness=0)[0]
    assert owned.saved == alone.saved
    assert owned.rows[-1]["distributed"]["staleness"] == {"0": 6 * 4 * 4}


@pytest.mark.parametrize("settings", [{"max_staleness": 3}, {"max_staleness": 1, "quorum": 1}])
def test_owned_arrays_are_changed_once_a_step(config: engine.Config, settings: dict[str, Any]) -> None:
    """As many updates as steps at every owner; every gradient that was sent is used, dropped or waiting;
    nothing that is used is staler than the bound."""
    rows = train_crowd(config, 3, strategy="owned", **settings)[0].rows
    counts = rows[-1]["distributed"]
    assert rows[-1]["step"] == 6
    assert max(map(int, counts["staleness"])) <= settings["max_staleness"]
    assert counts["gradients_used"] + counts["gradients_dropped"] <= 3 * 3 * 6
    assert rows[-1]["score"] is not None


def test_local_workers_take_the_mean(config: engine.Config) -> None:
    """All have the same weights when a row is written, whatever each learned alone; the run is
    deterministic."""
    first, second = (train_crowd(config, 2, strategy="local", average_every=2)[0] for _ in range(2))
    assert first.saved == second.saved
    assert first.rows[-1]["distributed"]["bytes_sent"] > 0


@pytest.mark.parametrize(
    ("strategy", "n_before", "n_after"), [("sync", 1, 3), ("sync", 4, 2), ("owned", 4, 4)]
)
def test_a_run_goes_on_from_a_checkpoint_with_another_number_of_workers(
    config: engine.Config, alone: Notes, strategy: str, n_before: int, n_after: int
) -> None:
    """From step 3 on, as if nothing had been."""
    settings: dict[str, Any] = {"strategy": strategy, "max_staleness": 0}
    before = train_crowd(config, n_before, **settings)[0]
    assert before.states[0] is not None
    files = before.states[0].to_files()
    again = type(before.states[0]).from_files(files)
    after = train_crowd(config, n_after, again, **settings)[0]
    assert after.saved[-1] == alone.saved[-1]
    assert [row["step"] for row in after.rows] == [6]
    assert after.rows[0]["checkpoints"] == [tuple(pair) for pair in alone.rows[1]["checkpoints"]]


def test_frozen_and_annotating_components_mean_the_same(config: engine.Config, tmp_path: Path) -> None:
    """What is frozen has no slot and is sent to nobody; what annotates does so in each shard."""
    saved = tmp_path / "first"
    run(config, saved)
    before = engine.load(saved)
    frozen = made_config(
        tmp_path,
        **SHORT,
        **{"training.frozen_components": ["tok2vec", "tagger"], "training.annotating_components": ["tagger"]},
    )
    for name in before.names:
        frozen["components"][name] = {"source": str(saved)}
    pipelines = _pipelines_of(lambda n: train_crowd(frozen, n), (1, 2))
    assert pipelines[0] == pipelines[1]
    assert len(slots_of(before, frozenset({"tagger"}))) < len(slots_of(before))


def _pipelines_of(train: Callable[[int], list[Notes]], sizes: tuple[int, ...]) -> list[Any]:
    return [train(n)[0].saved for n in sizes]


def test_patience_stops_all_workers_at_one_step(tmp_path: Path) -> None:
    """Worker 0's scores are everybody's."""
    config = made_config(
        tmp_path, **{**SHORT, "training.max_steps": 0, "training.eval_frequency": 2, "training.patience": 4}
    )
    rows = [train_crowd(config, n)[0].rows for n in (1, 3)]
    assert [row["step"] for row in rows[0]] == [row["step"] for row in rows[1]]
    assert rows[0][-1]["step"] < 100


def test_one_worker_writes_best_and_last(config: engine.Config, tmp_path: Path) -> None:
    """In this process, without a cluster; the table has words a second of a worker."""
    console, ticks = io.StringIO(), itertools.count()
    result = train_alone(
        engine.from_config(config),
        DistributedSettings(),
        tmp_path,
        clock=lambda: float(next(ticks)),
        stdout=console,
        stderr=console,
    )
    assert result.steps == 6
    assert "w/s a worker" in console.getvalue().splitlines()[0]
    assert engine.load(tmp_path / "model-last").meta["training"]["steps"] == 6
    assert (tmp_path / "model-best" / "meta.json").is_file()
    assert "distributed" not in read_config(tmp_path / "model-last" / "config.cfg")["training"]


def test_a_run_in_which_nothing_learns_is_refused(config: engine.Config, tmp_path: Path) -> None:
    """All components frozen: said before the first step."""
    run(config, tmp_path / "first")
    frozen = config.copy()
    frozen["training"]["frozen_components"] = list(frozen["nlp"]["pipeline"])
    for name in frozen["nlp"]["pipeline"]:
        frozen["components"][name] = {"source": str(tmp_path / "first")}
    with pytest.raises(EngineError, match="expected components that learn"):
        train_crowd(frozen, 1)


def test_the_block_is_followed_or_refused_never_passed_over(
    config: engine.Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A function that trains a config's file follows one worker and says what starts more; one that trains a
    pipeline refuses the block."""
    for name, workers in (("one", 1), ("two", 2)):
        block = config.copy()
        block["training"]["distributed"] = {"workers": workers}
        block.to_disk(tmp_path / f"{name}.cfg")
    result = train_config(tmp_path / "one.cfg", tmp_path / "out")
    assert result.steps == 6
    assert "w/s a worker" in capsys.readouterr().out
    with pytest.raises(EngineError, match="--workers 3"):
        train_config(tmp_path / "one.cfg", overrides={"training.distributed.workers": 3})
    with pytest.raises(EngineError, match="--workers 2"):
        train_config(tmp_path / "two.cfg")
    with pytest.raises(ConfigError, match="without this block"):
        run(block)


class Stubborn:
    """A component that learns in a way of its own."""

    def __call__(self, doc: engine.Doc) -> engine.Doc:
        """Nothing."""
        return doc

    def update(
        self, examples: Any, *, drop: float = 0.0, sgd: Any = None, losses: Any = None
    ) -> dict[str, Any]:
        """Nothing that anybody could see."""
        return {}


def test_a_component_whose_weights_nobody_sees_is_refused(config: engine.Config) -> None:
    """It would learn something else on each worker."""

    @engine.Language.factory("test_stubborn")
    def make(nlp: Any, name: str) -> Stubborn:
        return Stubborn()

    block = config.copy()
    block["components"]["stubborn"] = {"factory": "test_stubborn"}
    block["nlp"]["pipeline"] = [*block["nlp"]["pipeline"], "stubborn"]
    with pytest.raises(EngineError, match="got stubborn; freeze"):
        train_crowd(block, 1)
    block["training"]["frozen_components"] = ["stubborn"]
    assert train_crowd(block, 1)[0].saved
