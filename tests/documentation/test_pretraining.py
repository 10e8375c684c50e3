# SPDX-License-Identifier: Apache-2.0
"""Pretraining, as the documentation writes it."""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.config.registry import registry

from .rows import row
from .shell import PATHS, SHORT, Shell, partial_config

CHARACTERS = """
[pretraining.objective]
@architectures = "spacy.PretrainCharacters.v1"
maxout_pieces = 3
hidden_size = 30
n_characters = 4
"""
VECTORS = """
[pretraining.objective]
@architectures = "spacy.PretrainVectors.v1"
maxout_pieces = 3
hidden_size = 30
loss = "{loss}"
"""
BLOCK = """
[pretraining]
max_epochs = 2
dropout = 0.2
n_save_every = null
n_save_epoch = null
component = "tok2vec"
layer = ""
corpus = "corpora.pretrain"

[pretraining.batcher]
@batchers = "spacy.batch_by_words.v1"
size = 60
discard_oversize = false
tolerance = 0.2
get_length = null

[pretraining.optimizer]
@optimizers = "Adam.v1"
beta1 = 0.9
beta2 = 0.999
L2_is_weight_decay = true
L2 = 0.01
grad_clip = 1.0
use_averages = true
eps = 1e-8
learn_rate = 0.001

[corpora]

[corpora.pretrain]
@readers = "spacy.JsonlCorpus.v1"
path = ${paths.raw_text}
min_length = 5
max_length = 500
limit = 0
"""
TEXTS = [f"Ada met Grace Hopper on day {i} , and New York City slept ." for i in range(12)]
RAW = ("--paths.raw_text", "text.jsonl")
TEXTCAT = """
[components.textcat]
factory = "textcat"

[components.textcat.model]
@architectures = "spacy.TextCatEnsemble.v2"

[components.textcat.model.tok2vec]
@architectures = "spacy.HashEmbedCNN.v2"
width = 16
depth = 1
embed_size = 100
window_size = 1
maxout_pieces = 2
subword_features = true
pretrained_vectors = null

[components.textcat.model.linear_model]
@architectures = "spacy.TextCatBOW.v3"
exclusive_classes = true
ngram_size = 1
no_output_layer = false
length = 1024
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line with raw text and a config of two components on one embedding."""
    made = Shell(tmp_path, monkeypatch)
    made.write("text.jsonl", "".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    base = partial_config("tok2vec", "tagger").replace("[paths]\n", "[paths]\nraw_text = null\n")
    made.write("base.cfg", base)
    made.write("config.cfg", base + BLOCK + CHARACTERS)
    return made


def weights_of(nlp: engine.Pipeline, name: str = "tok2vec") -> dict[str, Any]:
    """All weights of a component, by layer and name."""
    model = nlp.get_pipe(name).model
    return {
        f"{i}.{node.name}.{param}": node.get_param(param)
        for i, node in enumerate(model.walk())
        for param in node.param_names
    }


@row("D01")
def test_fill_config_adds_pretraining(shell: Shell) -> None:
    """The section, its corpus and the path of the raw text."""
    shell.good("init", "fill-config", "base.cfg", "config_pretrain.cfg", "--pretraining")
    config = shell.config("config_pretrain.cfg")
    assert (config["pretraining"]["component"], config["pretraining"]["layer"]) == ("tok2vec", "")
    assert config["pretraining"]["objective"]["@architectures"] == "spacy.PretrainCharacters.v1"
    assert config["pretraining"]["optimizer"]["use_averages"] is True
    assert config["pretraining"]["max_epochs"] == 1000
    assert config["corpora"]["pretrain"] == {
        **{"@readers": "spacy.JsonlCorpus.v1", "path": "${paths.raw_text}"},
        **{"min_length": 5, "max_length": 500, "limit": 0},
    }
    assert config["paths"]["raw_text"] is None
    shell.good("init", "fill-config", "base.cfg", "plain.cfg")
    assert "pretraining" not in shell.config("plain.cfg")


@row("D02")
def test_init_config_with_pretraining_pretrains(shell: Shell) -> None:
    """What it writes runs, with options for length."""
    shell.good("init", "config", "new.cfg", "--pretraining", "--pipeline", "ner")
    options = ("--pretraining.max_epochs", 1, "--components.tok2vec.model.encode.width", 32)
    shell.good("pretrain", "new.cfg", "out", *RAW, *options)
    assert Path("out/model-last.bin").is_file()


@row("D03")
def test_a_config_with_pretraining_trains(shell: Shell) -> None:
    """The section is kept, and unused."""
    shell.good("train", "config.cfg", "-o", "model", *PATHS, *SHORT, *RAW)
    assert engine.load("model").names == ["tok2vec", "tagger"]


@row("D04", "D08.1", "D08.3")
def test_pretraining_on_characters_makes_files(shell: Shell) -> None:
    """A file of weights an epoch, the last one, a log and the config; a row of progress an epoch."""
    told = shell.good("pretrain", "config.cfg", "./output", "--paths.raw_text", "text.jsonl")
    names = {file.name for file in Path("output").iterdir()}
    assert names == {"model0.bin", "model1.bin", "model-last.bin", "log.jsonl", "config.cfg"}
    log = [json.loads(line) for line in shell.read("output/log.jsonl").splitlines()]
    assert [line["epoch"] for line in log] == [0, 1, 1]
    assert all(line["nr_word"] and line["loss"] for line in log)
    assert re.search(r"w/s +left\n", told.stderr)
    assert len(re.findall(r"^ +\d", told.stderr, re.MULTILINE)) == 2


@row("D05", "D06", "D08.2")
@pytest.mark.parametrize("loss", ["cosine", "L2"])
def test_pretraining_on_vectors(shell: Shell, loss: str) -> None:
    """Vectors have to be named."""
    shell.write("v.cfg", shell.read("base.cfg") + BLOCK + VECTORS.format(loss=loss))
    refused = shell("pretrain", "v.cfg", "output", *RAW)
    assert refused.exit_code != 0
    assert "static vectors" in refused.stderr
    shell.write("v.txt", "Ada 1 0 0\nmet 0 1 0\nGrace 0 1 1\nHopper 1 1 1\nNew 0 0 1\nYork 1 0 1\n")
    shell.good("init", "vectors", "en", "v.txt", "vectors")
    shell.good("pretrain", "v.cfg", "output", *RAW, "--initialize.vectors", "vectors")
    log = [json.loads(line) for line in shell.read("output/log.jsonl").splitlines()]
    assert log[0]["epoch_loss"] > 0


def test_a_loss_that_is_none_is_refused(shell: Shell) -> None:
    """With those there are."""
    shell.write("v.cfg", shell.read("base.cfg") + BLOCK + VECTORS.format(loss="L1"))
    refused = shell("pretrain", "v.cfg", "output", *RAW)
    assert refused.exit_code != 0
    assert "cosine, L2" in refused.stderr


@row("D07", "D12")
def test_a_layer_of_a_component_learns(shell: Shell) -> None:
    """By the name that its model calls it by."""
    config = partial_config(more=TEXTCAT).replace("pipeline = []", 'pipeline = ["textcat"]')
    config = config.replace("[paths]\n", "[paths]\nraw_text = null\n") + BLOCK + CHARACTERS
    shell.write("t.cfg", config.replace('component = "tok2vec"', 'component = "textcat"'))
    options = (*RAW, "--pretraining.layer", "tok2vec")
    shell.good("pretrain", "t.cfg", "output", *options)
    overrides = {"initialize.init_tok2vec": "output/model-last.bin", "pretraining.layer": "tok2vec"}
    nlp = engine.from_config(engine.fill_config(engine.read_config("t.cfg")), overrides)
    nlp.get_pipe("textcat").add_label("A")
    nlp.get_pipe("textcat").add_label("B")
    nlp.initialize()
    assert nlp.get_pipe("textcat").model.get_ref("tok2vec").get_dim("nO") == 16
    wrong = shell("pretrain", "t.cfg", "output", *RAW, "--pretraining.layer", "nothing")
    assert wrong.exit_code != 0
    assert "there are: " in wrong.stderr
    assert "tok2vec" in wrong.stderr


@row("D08.4")
def test_the_reader_and_the_objective_of_2020(shell: Shell) -> None:
    """A corpus in its place, and a type instead of a function."""
    block = BLOCK.split("[corpora]")[0].replace('corpus = "corpora.pretrain"\n', "")
    objective = '\n[pretraining.objective]\ntype = "characters"\nhidden_size = 30\nn_characters = 4\n'
    corpus = '\n[pretraining.corpus]\n@readers = "spacy.JsonlReader.v1"\npath = ${paths.raw_text}\n'
    shell.write("o.cfg", shell.read("base.cfg") + block + objective + corpus)
    shell.good("pretrain", "o.cfg", "output", *RAW)
    assert registry.has("readers", "spacy.JsonlReader.v1")


@row("D09")
def test_a_training_begins_with_pretrained_weights(shell: Shell) -> None:
    """`[initialize] init_tok2vec`; what is no such file is told."""
    shell.good("pretrain", "config.cfg", "pretrain", *RAW)
    config = engine.fill_config(shell.config())
    fresh = engine.from_config(config.copy(), {"paths.raw_text": "text.jsonl"})
    begun = engine.from_config(config.copy(), {"initialize.init_tok2vec": "pretrain/model-last.bin"})
    for nlp in (fresh, begun):
        nlp.get_pipe("tagger").add_label("NN")
        nlp.initialize()
    differing = [
        name
        for name, array in weights_of(begun).items()
        if not np.array_equal(array, weights_of(fresh)[name])
    ]
    assert differing
    options = ("--initialize.init_tok2vec", "pretrain/model-last.bin")
    shell.good("train", "config.cfg", "-o", "model", *PATHS, *SHORT, *RAW, *options)
    for wrong in ("nowhere.bin", "text.jsonl"):
        refused = shell("train", "config.cfg", *PATHS, *RAW, "--initialize.init_tok2vec", wrong)
        assert refused.exit_code != 0
        assert wrong in refused.stderr


def test_weights_of_another_embedding_are_refused(shell: Shell) -> None:
    """Of other layers, or of another width."""
    shell.good("pretrain", "config.cfg", "pretrain", *RAW, "--pretraining.max_epochs", 1)
    options = ("--initialize.init_tok2vec", "pretrain/model-last.bin")
    for change in (("--components.tok2vec.model.depth", 2), ("--components.tok2vec.model.width", 32)):
        refused = shell("train", "config.cfg", *PATHS, *RAW, *options, *change)
        assert refused.exit_code != 0
        assert "model-last.bin" in refused.stderr


@row("D10")
def test_a_run_is_saved_between_and_resumed(shell: Shell) -> None:
    """`n_save_every`, `n_save_epoch`, `--resume-path`, `--epoch-resume`, `--skip-last`."""
    shell.good("pretrain", "config.cfg", "a", *RAW, "--pretraining.n_save_every", 2)
    assert {"model0.temp.bin", "model1.temp.bin"} <= {file.name for file in Path("a").iterdir()}
    more = ("--pretraining.max_epochs", 5, "--pretraining.n_save_epoch", 2, "--skip-last")
    shell.good("pretrain", "config.cfg", "b", *RAW, *more, "--resume-path", "a/model1.bin")
    assert {file.name for file in Path("b").glob("*.bin")} == {"model2.bin", "model4.bin"}
    refused = shell("pretrain", "config.cfg", "c", *RAW, "--resume-path", "a/model-last.bin")
    assert refused.exit_code != 0
    assert "--epoch-resume" in refused.stderr
    options = ("--resume-path", "a/model-last.bin", "--epoch-resume", 1)
    shell.good("pretrain", "config.cfg", "c", *RAW, *options)
    assert {file.name for file in Path("c").glob("*.bin")} == {"model1.bin", "model-last.bin"}


def test_pretraining_is_the_same_under_a_seed(shell: Shell) -> None:
    """Bit by bit."""
    for name in ("a", "b"):
        shell.good("pretrain", "config.cfg", name, *RAW, "--pretraining.max_epochs", 1)
    assert Path("a/model0.bin").read_bytes() == Path("b/model0.bin").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("base.cfg", "out"), "--pretraining"),
        (("config.cfg", "out"), "--paths.raw_text"),
        (("config.cfg", "out", *RAW, "--pretraining.component", "none"), "none"),
        (("config.cfg", "out", *RAW, "--corpora.pretrain.min_length", 99), "min_length"),
        (("config.cfg", "out", *RAW, "--gpu-id", 0), "--gpu-id"),
        (("config.cfg", "out", *RAW, "--pretraining.max_epochs", "x"), "max_epochs"),
    ],
)
def test_what_does_not_fit_is_told(shell: Shell, options: tuple[Any, ...], message: str) -> None:
    """Before anything is learned."""
    refused = shell("pretrain", *options)
    assert refused.exit_code != 0
    assert message in refused.stderr


def test_the_page_of_pretraining_is_true() -> None:
    """The example of docs/pretraining.md gives what it shows."""
    page = Path(__file__).parents[2] / "docs" / "pretraining.md"
    results = doctest.testfile(str(page), module_relative=False)
    assert (results.failed, results.attempted) == (0, 3)


OWN = """
from thinc.api import Linear, Model, chain
from engine import registry


@registry.architectures("my.Objective.v1")
def make():
    def create(vocab, tok2vec):
        model = chain(tok2vec, Linear(nO=1))
        model.attrs["loss"] = lambda ops, docs, prediction: (float((prediction**2).sum()), 2 * prediction)
        return model

    return create
"""


def test_an_objective_of_ones_own_learns(shell: Shell) -> None:
    """By `--code`: a function of the vocabulary and the embedding, whose model has a loss."""
    shell.write("code.py", OWN)
    objective = '\n[pretraining.objective]\n@architectures = "my.Objective.v1"\n'
    shell.write("own.cfg", shell.read("base.cfg") + BLOCK + objective)
    shell.good("pretrain", "own.cfg", "out", *RAW, "--code", "code.py")
    log = [json.loads(line) for line in shell.read("out/log.jsonl").splitlines()]
    assert log[1]["epoch_loss"] < log[0]["epoch_loss"]


def test_words_are_hidden_from_the_embedding_alone() -> None:
    """About a seventh of them; the batch itself stays as it is."""
    from engine.training.pretraining import mask_words

    np.random.seed(0)
    batch = engine.blank("en").tokenizer.tokenize([" ".join(f"w{i}" for i in range(1000))])
    before = batch.lexeme_ids.copy()
    masked = mask_words(batch)
    assert 100 < len(masked.rows) < 200
    assert np.array_equal(batch.lexeme_ids, before)
    changed = np.flatnonzero(masked.batch.lexeme_ids != before)
    assert set(changed) <= set(masked.rows.tolist())
    hidden = masked.batch.lexemes.texts(masked.batch.lexeme_ids[masked.rows]).count("[MASK]")
    assert 0.7 < hidden / len(masked.rows) < 0.9
