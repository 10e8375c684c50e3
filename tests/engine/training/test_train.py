from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.config.config import ConfigError, read_config
from engine.config.default_values import fill_config
from engine.doc.example import Example
from engine.errors import EngineError
from engine.training.train import ScoreWeights, TrainingResult, train, weighted_score
from tests.engine.training.little_corpus import write_made_corpus

SMALL = {
    "components.tok2vec.model.encode.width": 16,
    "components.tok2vec.model.encode.depth": 1,
    "components.tok2vec.model.embed.rows": [200, 100, 100, 100],
    "components.ner.model.hidden_width": 16,
    "training.max_steps": 40,
    "training.eval_frequency": 20,
    "training.batcher.size.start": 60,
    "training.dropout": 0.0,
    "training.optimizer.learn_rate.initial_rate": 0.03,
    "training.optimizer.learn_rate.warmup_steps": 0,
    "training.optimizer.learn_rate.total_steps": 80,
    "corpora.train.n_sents": 3,
    "corpora.dev.n_sents": 3,
}


def made_config(folder: Path, **overrides: Any) -> engine.Config:
    """The starter's config, made small, on the made corpus."""
    conllu, iob2 = write_made_corpus(folder)
    paths = {
        f"corpora.{part}.{key}": str(path)
        for part in ("train", "dev")
        for key, path in (("path", conllu), ("entities", iob2))
    }
    return read_config("configs/en_starter.cfg", {**SMALL, "paths.data": str(folder), **paths, **overrides})


def run(
    config: engine.Config, output: Path | None = None, **options: Any
) -> tuple[engine.Pipeline, TrainingResult, str]:
    """Train silently; the pipeline, the result and what the console showed."""
    pipeline, console, ticks = engine.from_config(config), io.StringIO(), itertools.count()
    result = train(
        pipeline, output, clock=lambda: float(next(ticks)), stdout=console, stderr=console, **options
    )
    return pipeline, result, console.getvalue()


def test_an_easy_corpus_is_learned_and_the_best_pipeline_saved(tmp_path: Path) -> None:
    """After a few steps on sentences of one pattern tags and entities are right, and the saved pipeline says
    the same."""
    _, result, console = run(made_config(tmp_path), tmp_path / "model", half=True)
    assert result.scores["tag_acc"] > 0.95
    assert result.scores["ents_f"] > 0.9
    assert "tag_acc" in console.splitlines()[0]
    doc = engine.load(tmp_path / "model")("Chipo visited Turin.")
    assert [(ent.text, ent.label) for ent in doc.ents] == [("Chipo", "PER"), ("Turin", "LOC")]
    assert doc[1].tag == "VBD"


def test_the_saved_meta_holds_scores_and_what_the_config_says(tmp_path: Path) -> None:
    """The config's `[meta]` and the best step's scores are in `meta.json`."""
    _, result, _ = run(
        made_config(tmp_path, **{"meta.version": "2.5.0", "training.max_steps": 4}), tmp_path / "model"
    )
    meta = json.loads((tmp_path / "model" / "meta.json").read_text())
    assert (meta["version"], meta["name"], meta["license"]) == ("2.5.0", "en_starter", "CC BY-SA 4.0")
    assert meta["scores"]["tag_acc"] == pytest.approx(result.scores["tag_acc"], abs=1e-4)
    assert meta["training"]["steps"] == result.best_step


def test_one_seed_gives_one_pipeline(tmp_path: Path) -> None:
    """Two runs of one config end in the same weights, another seed in others."""
    short = {"training.max_steps": 6, "training.eval_frequency": 3}
    digests = [run(made_config(tmp_path, **short, **{"system.seed": seed}))[0].digest for seed in (3, 3, 4)]
    assert digests[0] == digests[1]
    assert digests[2] != digests[1]


def test_frozen_components_keep_their_weights(tmp_path: Path) -> None:
    """A frozen component leaves a run as it came, its neighbours change, and what is saved needs no source
    any more."""
    saved = tmp_path / "first"
    run(made_config(tmp_path, **{"training.max_steps": 4}), saved)
    before = engine.load(saved)
    config = made_config(
        tmp_path, **{"training.max_steps": 4, "training.frozen_components": ["tagger", "tok2vec"]}
    )
    for name in before.names:
        config["components"][name] = {"source": str(saved)}
    after, _, _ = run(config, tmp_path / "second")
    assert weights(before, "tagger") == weights(after, "tagger")
    assert weights(before, "tok2vec") == weights(after, "tok2vec")
    assert weights(before, "ner") != weights(after, "ner")
    saved.rename(tmp_path / "elsewhere")
    assert weights(engine.load(tmp_path / "second"), "tagger") == weights(before, "tagger")


def weights(pipeline: engine.Pipeline, name: str) -> list[bytes]:
    """The bytes of all arrays of a component."""
    return [array.tobytes() for array in pipeline.component(name).state().arrays.values()]  # type: ignore[attr-defined]


def test_an_endless_reader_of_ones_own_can_feed_a_run(tmp_path: Path) -> None:
    """A registered reader without end trains with `max_epochs` -1 until `max_steps`; labels come from its
    first examples."""
    config = made_config(tmp_path, **{"training.max_epochs": -1, "training.max_steps": 5})
    corpus = config["corpora"]["train"]["path"]

    @engine.registry.readers("test_endless.v1")
    def make_endless(path: str) -> Callable[[engine.Pipeline], Iterator[Example]]:
        from_file = engine.registry.get("readers", "freshet.Corpus.v1")(path)
        return lambda pipeline: itertools.cycle(list(from_file(pipeline)))

    config["corpora"]["train"] = {"@readers": "test_endless.v1", "path": corpus}
    config["components"].pop("ner")
    config["nlp"]["pipeline"] = ["tok2vec", "tagger", "morphologizer", "senter"]
    config["training"]["score_weights"] = {"tag_acc": 1.0}
    _, result, _ = run(config)
    assert result.steps == 5


def test_a_weight_for_a_score_that_a_run_does_not_give_counts_zero() -> None:
    """Such a weight is told once and counts 0; `speed` is a score like any other."""
    told = io.StringIO()
    weights = ScoreWeights({"dep_las": 0.5, "tag_acc": 0.5, "mine": 0.1, "ents_p": None}, told)
    assert [weights.weigh({"tag_acc": 0.5, "dep_las": None}) for _ in range(2)] == [0.25, 0.25]
    assert [line.split(": ")[0].split(" -> ")[-1] for line in told.getvalue().splitlines()] == [
        "dep_las",
        "mine",
    ]
    assert weighted_score({"tag_acc": 0.5, "ents_f": 0.1, "x": 1.0}, {}) == pytest.approx(0.3)
    assert weighted_score({"speed": 100.0}, {"speed": 0.1, "spans_mine_f": 0.9}) == pytest.approx(10)


def test_a_misspelt_weight_is_told() -> None:
    """A name that is nearly that of a score is an error that lists those there are."""
    with pytest.raises(
        EngineError, match=r"score_weights -> tag_ac: .* did you mean 'tag_acc'\? there are: tag_acc"
    ):
        weighted_score({"tag_acc": 0.5}, {"tag_ac": 0.5})


def test_unknown_components_in_training_are_refused(tmp_path: Path) -> None:
    """A frozen component that is not there is an error with its place in the config."""
    with pytest.raises(
        ConfigError, match="training -> frozen_components: expected names of components, got 'parser'"
    ):
        run(made_config(tmp_path, **{"training.frozen_components": ["parser"]}))


def test_the_starter_config_is_complete() -> None:
    """Filling adds nothing to the starter's config but weights that count nothing: every value stands in the
    file."""
    config = read_config("configs/en_starter.cfg")
    filled = fill_config(config)
    weights = filled["training"].pop("score_weights")
    given = config["training"].pop("score_weights")
    assert {name: weight for name, weight in weights.items() if weight} == given
    assert filled["training"] == config["training"]
    assert filled["corpora"] == config["corpora"]
