# SPDX-License-Identifier: Apache-2.0
"""The config system and what a training makes of it, as the documentation shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine
from engine import Config, ConfigError

from .rows import row
from .shell import PATHS, SHORT, Shell, partial_config

CODE = """
import engine
from typing import Iterator
from pydantic import StrictBool

@engine.registry.callbacks("doc_config.v1")
def create_callback(debug: bool = False):
    def callback(nlp):
        nlp.meta["debug"] = debug
        return nlp
    return callback

@engine.registry.callbacks("doc_strict.v1")
def create_strict(debug: StrictBool = False):
    return lambda nlp: nlp

@engine.registry.schedules("my_custom_schedule.v1")
def my_custom_schedule(start: float = 0.1, factor: float = 1.001) -> Iterator[float]:
    while True:
        yield start
        start = start * factor
"""
LEARN_RATES = {
    "F18.1": '"@schedules": "warmup_linear.v1", "warmup_steps": 2, "total_steps": 10, "initial_rate": 0.01',
    "F18.2": '"@schedules": "constant.v1", "rate": 0.01',
    "F18.3": '"@schedules": "decaying.v1", "base_rate": 0.01, "decay": 0.001',
    "F18.4": '"@schedules": "cyclic_triangular.v1", "min_lr": 0.001, "max_lr": 0.01, "period": 4',
    "F18.5": '"@schedules": "slanted_triangular.v1", "max_rate": 0.01, "num_steps": 10',
}
OPTIMIZERS = {
    "F19.1": '{"@optimizers": "RAdam.v1", "learn_rate": 0.01}',
    "F19.2": '{"@optimizers": "SGD.v1", "learn_rate": 0.01}',
}
DEFAULT_KEYS = {
    "training": "train_corpus dev_corpus seed gpu_allocator dropout accumulate_gradient patience max_epochs "
    "max_steps eval_frequency frozen_components annotating_components before_to_disk before_update batcher "
    "logger optimizer score_weights",
    "nlp": "lang pipeline batch_size disabled before_creation after_creation after_pipeline_creation "
    "tokenizer vectors",
    "initialize": "vectors init_tok2vec vocab_data lookups before_init after_init tokenizer components",
    "paths": "train dev vectors init_tok2vec",
    "system": "gpu_allocator seed",
}
"""The documented sections and keys of a complete config."""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line with a little corpus, a partial config and a file of functions."""
    shell = Shell(tmp_path, monkeypatch)
    shell.write("config.cfg", partial_config("tok2vec", "tagger"))
    shell.write("functions.py", CODE)
    return shell


def trained(shell: Shell, *words: str, config: str = "config.cfg") -> Config:
    """The config that a short training saved."""
    shell.good("train", config, "-o", "out", *PATHS, *SHORT, *words)
    return engine.read_config("out/model-best/config.cfg")


@row("F01", "F02", "F26")
def test_a_config_is_a_dict_of_sections(shell: Shell) -> None:
    """Sections nest; values are JSON; comments and null are read; `nlp.config` is the whole config."""
    shell.write(
        "values.cfg",
        '# a comment\n[a]\nlist = [1, 2]\nmap = {"x": true}\nnone = null\ntext = "b"\n\n[a.b]\nc = 1.5\n',
    )
    config = Config().from_disk("values.cfg")
    assert config == {"a": {"list": [1, 2], "map": {"x": True}, "none": None, "text": "b", "b": {"c": 1.5}}}
    nlp = engine.blank("en")
    assert nlp.config["nlp"]["lang"] == "en"
    nlp.config.to_disk("saved.cfg")
    assert Config().from_str(nlp.config.to_str()) == Config().from_disk("saved.cfg")


@row("F04", "F05", "F06", "F09")
def test_values_sections_and_parts_of_strings_are_references(shell: Shell) -> None:
    """A changed value changes all that refers to it, and the saved config says what was used."""
    extra = (
        '[paths]\nroot = "."\nversion = 1\ntrain = "${paths.root}/train_${paths.version}.spacy"\ndev = null\n'
    )
    shell.write(
        "config.cfg",
        partial_config("tok2vec", "tagger").replace("[paths]\ntrain = null\ndev = null\n", extra),
    )
    (shell.folder / "other").mkdir()
    (shell.folder / "train.spacy").rename(shell.folder / "other" / "train_1.spacy")
    shell.good("train", "config.cfg", "-o", "out", "--paths.root", "./other", *PATHS[2:], *SHORT)
    saved = engine.read_config("out/model-best/config.cfg", interpolate=True)
    assert saved["paths"]["train"] == "./other/train_1.spacy"
    shared = Config().from_str(
        "[training]\n\n[training.optimizer]\nx = 1\n\n[other]\no = ${training.optimizer}\n"
    )
    assert shared["other"]["o"] == {"x": 1}


@row("F07", "F08", "F10", "F11", "F28")
def test_what_does_not_exist_or_fit_is_refused_with_its_path(shell: Shell) -> None:
    """Unknown sections and values, wrong types and missing values."""
    for words, said in (
        (("--trainin.max_steps", "5"), "there are: components"),
        (("--paths.trian", "x"), "did you mean 'train'?"),
        (("--training.max_steps", "many"), "training -> max_steps"),
        (("--training.max_step", "5"), "training -> max_step: unexpected"),
        (("--components.tagger.model.nX", "5"), "components -> tagger -> model -> nX: unexpected"),
    ):
        refused = shell("train", "config.cfg", *PATHS, *words)
        assert refused.exit_code == 78, words
        assert said in refused.output
    assert "a corpus needs a path" in shell("train", "config.cfg").output


@row("F12", "F13", "F14")
def test_type_hints_of_own_functions_are_checked(shell: Shell) -> None:
    """A list for a bool is refused with its path, and so is 1 for a StrictBool; a bool is passed on."""
    block = '\n[nlp.after_pipeline_creation]\n@callbacks = "{name}"\ndebug = {value}\n'

    def debug(name: str, value: str) -> int:
        more = block.format(name=name, value=value)
        shell.write("own.cfg", partial_config("tok2vec", "tagger", more=more))
        return shell("debug", "config", "own.cfg", "--code", "functions.py", *PATHS).exit_code

    assert debug("doc_config.v1", "true") == 0
    assert debug("doc_config.v1", "[1]") == 78
    assert debug("doc_strict.v1", "1") == 78


@row("F16", "F17", "F29", "F32")
@pytest.mark.nightly
def test_batches_and_rates_are_numbers_or_schedules(shell: Shell) -> None:
    """A static size, a compounding one, dropout as a schedule, gradients added up."""
    trained(shell, "--training.batcher.size", "3000", "--training.accumulate_gradient", "3")
    size = '{"@schedules": "compounding.v1", "start": 100, "stop": 1000, "compound": 1.001}'
    saved = trained(shell, "--training.batcher.size", size)
    assert saved["training"]["batcher"]["size"]["@schedules"] == "compounding.v1"
    trained(shell, "--training.dropout", '{"@schedules": "decaying.v1", "base_rate": 0.5, "decay": 0.1}')


@pytest.mark.nightly
@pytest.mark.parametrize("block", [pytest.param(b, marks=row(id), id=id) for id, b in LEARN_RATES.items()])
def test_learning_rates_follow_schedules(shell: Shell, block: str) -> None:
    """Every documented schedule."""
    trained(shell, "--training.optimizer.learn_rate", f"{{{block}}}")


@pytest.mark.nightly
@pytest.mark.parametrize("block", [pytest.param(b, marks=row(id), id=id) for id, b in OPTIMIZERS.items()])
def test_optimizers_are_chosen_by_name(shell: Shell, block: str) -> None:
    """Every documented optimizer."""
    trained(shell, "--training.optimizer", block)


@row("F20", "F20b", "F21", "F22", "N09")
def test_score_weights_choose_and_show_scores(shell: Shell) -> None:
    """A weight of 0.0 shows a score, null hides it; `speed` counts; a score that nobody gives counts 0; a
    misspelt one is told."""
    weights = (
        "\n[training]\n\n[training.score_weights]\ndep_las = 0.4\ndep_uas = null\ntag_acc = 0.5\n"
        "token_acc = 0.0\nspeed = 0.1\npos_acc = null\n"
    )
    shell.write("config.cfg", partial_config("tok2vec", "tagger", more=weights))
    told = shell.good("train", "config.cfg", *PATHS, *SHORT)
    head, first = told.stdout.splitlines()[0].split(), told.stdout.splitlines()[2].split()
    assert {"TAG_ACC", "TOKEN_ACC", "SPEED", "DEP_LAS"} <= set(head)
    assert "POS_ACC" not in head
    assert first[-2 - head[::-1].index("DEP_LAS") + 1] == "-" or "-" in first
    assert "dep_las: this run gives no such score, it counts 0" in told.stderr
    misspelt = shell("train", "config.cfg", *PATHS, *SHORT, "--training.score_weights.tag_ac", "1.0")
    assert "did you mean 'tag_acc'?" in misspelt.output


@row("F23")
def test_score_weights_of_components_are_written_and_add_up_to_one(shell: Shell) -> None:
    """What each component is scored by, in equal parts; what is given counts in its place."""
    shell.write("config.cfg", partial_config("tok2vec", "tagger", "ner"))
    shell.good("init", "fill-config", "config.cfg", "filled.cfg")
    weights = shell.config("filled.cfg")["training"]["score_weights"]
    assert (weights["tag_acc"], weights["ents_f"], weights["ents_p"]) == (0.5, 0.5, 0.0)
    assert weights["ents_per_type"] is None
    given = "\n[training]\n\n[training.score_weights]\nents_f = 0.3\n"
    shell.write("config.cfg", partial_config("tok2vec", "tagger", "ner", more=given))
    shell.good("init", "fill-config", "config.cfg", "filled.cfg")
    weights = shell.config("filled.cfg")["training"]["score_weights"]
    assert (weights["tag_acc"], weights["ents_f"]) == (0.77, 0.23)


@row("F25")
def test_a_filled_config_has_every_documented_key() -> None:
    """Sections and keys of the documented default config, under documented names."""
    filled = engine.fill_config(Config({"nlp": {"lang": "en"}}))
    for section, keys in DEFAULT_KEYS.items():
        assert set(keys.split()) == set(filled[section])
    assert filled["corpora"]["train"]["@readers"] == "spacy.Corpus.v1"
    assert set(filled["corpora"]["train"]) == {
        *("@readers", "path", "max_length", "gold_preproc", "limit", "augmenter")
    }
    assert filled["training"]["batcher"]["size"]["@schedules"] == "compounding.v1"


@row("F27")
def test_positional_arguments_come_in_a_block(shell: Shell) -> None:
    """The entries of a block `*` are positional arguments."""

    @engine.registry.misc("doc_positional.v1")
    def configure(*values: int) -> list[int]:
        return list(values)

    from engine.config.resolver import resolve

    config = Config().from_str('[a]\n@misc = "doc_positional.v1"\n\n[a.*]\nfirst = 1\nsecond = 2\n')
    assert resolve(config, "a") == [1, 2]


@row("F30")
def test_one_seed_gives_the_same_weights(shell: Shell) -> None:
    """Two trainings, byte by byte."""
    for name in ("one", "two"):
        shell.good("train", "config.cfg", "-o", name, *PATHS, *SHORT)
    weights = [
        (shell.folder / name / "model-best" / "tagger" / "weights.safetensors").read_bytes()
        for name in ("one", "two")
    ]
    assert weights[0] == weights[1]


@pytest.mark.nightly
@row("F31")
def test_a_training_ends_by_steps_epochs_or_patience(shell: Shell) -> None:
    """max_epochs counts passes; with max_steps 0 patience ends it."""
    words = ("--training.max_steps", "0", "--training.eval_frequency", "1")
    told = shell.good("train", "config.cfg", *PATHS, *words, "--training.max_epochs", "2")
    assert "2 steps" in told.stderr
    patient = shell.good("train", "config.cfg", *PATHS, *words, "--training.patience", "3")
    assert "best at step" in patient.stderr


def test_numbers_with_a_comma_are_told(shell: Shell) -> None:
    """`learn_rate = 0,001` is refused with its path, in a config and on the command line."""
    broken = shell("train", "config.cfg", *PATHS, "--training.optimizer.learn_rate", "0,001")
    assert broken.exit_code == 78
    assert "training -> optimizer -> learn_rate" in broken.output


def test_quotes_and_backslashes_stay_as_they_are(tmp_path: Path) -> None:
    """Single quotes and Windows paths survive reading, references and overrides."""
    text = '[paths]\nroot = \'data\'\nhome = "C:\\\\Users\\\\ada"\nfile = "${paths.home}\\\\x.spacy"\n'
    file = tmp_path / "c.cfg"
    file.write_text(text)
    read = engine.read_config(file, {"paths.home": "D:\\corpus\\new"}, interpolate=True)
    assert read["paths"]["file"] == "D:\\corpus\\new\\x.spacy"
    assert read["paths"]["root"] == "data"


def test_a_reference_that_leads_nowhere_is_refused() -> None:
    """The message names it."""
    with pytest.raises(ConfigError, match=r"\$\{"):
        engine.fill_config(Config().from_str("[nlp]\nlang = ${vars.lang}\n", interpolate=False))


def test_vectors_of_an_own_function_have_an_effect() -> None:
    """`[nlp.vectors] @vectors`: the table that the function makes is the pipeline's; what is no table is
    refused."""
    import numpy as np

    from engine.vectors import KeyedVectors

    table = KeyedVectors(np.zeros((1, 4), np.float32), np.array([7], np.uint64), np.array([0], np.int64))
    engine.registry.vectors("doc_table.v1")(lambda: lambda vocab: table)
    engine.registry.vectors("doc_no_table.v1")(lambda: 7)
    nlp = engine.blank("en", config={"nlp": {"vectors": {"@vectors": "doc_table.v1"}}})
    assert nlp.vectors is table
    with pytest.raises(ConfigError, match=r"nlp -> vectors: expected .* got int"):
        engine.blank("en", config={"nlp": {"vectors": {"@vectors": "doc_no_table.v1"}}})
