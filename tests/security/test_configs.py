# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest

import engine
from engine import ConfigError, EngineError, fill_config
from engine.config.config import parse_config, read_config
from engine.training.train import resolve_corpora, training_settings

from ..engine.toy import shared, toy_config, toy_examples

TINY = (Path(__file__).parents[1] / "fuzz" / "seeds" / "tiny.cfg").read_text()


def made(text: str) -> engine.Pipeline:
    """A pipeline of a config, with all that a training would make of it."""
    config = fill_config(parse_config(text))
    nlp = engine.from_config(config)
    resolve_corpora(config, training_settings(nlp))
    return nlp


NO_NAMES = ["[]", '["spacy.Tagger.v2"]', "{}", '{"a": 1}', "null", "3", "true", '"no.such.v1"']
BLOCKS = {
    "components -> tok2vec -> model -> @architectures": '@architectures = "spacy.HashEmbedCNN.v2"',
    "training -> batcher -> @batchers": '@batchers = "spacy.batch_by_words.v1"',
    "training -> optimizer -> @optimizers": '@optimizers = "Adam.v1"',
    "corpora -> train -> @readers": '@readers = "spacy.Corpus.v1"',
    "components -> tagger -> factory": 'factory = "tagger"',
}


@pytest.mark.parametrize("name", NO_NAMES)
@pytest.mark.parametrize("path", BLOCKS)
def test_names_of_functions_are_texts(path: str, name: str) -> None:
    """Whatever stands in place of the name of a function, the error says where, and what was there."""
    line = BLOCKS[path]
    with pytest.raises(ConfigError, match=path.replace("@", "@")):
        made(
            TINY.replace(line, f"{line.partition(' = ')[0]} = {name}", 1).replace(
                "train = null", 'train = "x"'
            )
        )


@pytest.mark.parametrize("value", ["5", '"a"', "[]", '{"a": 1}', "true"])
@pytest.mark.parametrize(
    ("section", "key"),
    [
        *(
            ("nlp", key)
            for key in ("before_creation", "after_creation", "after_pipeline_creation", "tokenizer")
        ),
        *(("training", key) for key in ("before_to_disk", "before_update", "logger", "batcher", "optimizer")),
    ],
)
def test_functions_stand_where_functions_are_called(section: str, key: str, value: str) -> None:
    """A number or a text in place of a block is an error with its path, not a failed call."""
    text = TINY.replace("[training.batcher]", "[other.batcher]").replace(
        "[training.optimizer]", "[other.optimizer]"
    )
    text = text.replace("[training]\n", "[other]\n\n[training]\n", 1).replace("train = null", 'train = "x"')
    with pytest.raises(ConfigError, match=f"{section} -> {key}"):
        made(text.replace(f"[{section}]\n", f"[{section}]\n{key} = {value}\n", 1))


@pytest.mark.parametrize("key", ["tokenizer", "logger", "batcher", "optimizer"])
def test_null_stands_where_there_may_be_none(key: str) -> None:
    """What is always called cannot be null."""
    section = "nlp" if key == "tokenizer" else "training"
    config = fill_config(parse_config(TINY.replace("train = null", 'train = "x"')))
    config[section][key] = None
    with pytest.raises(ConfigError, match=f"{section} -> {key}: expected a block"):
        training_settings(engine.from_config(config))


@pytest.mark.parametrize("value", ["5", '"x"', "null", "[]"])
def test_corpora_are_read_by_functions(value: str) -> None:
    """A corpus that is a number or a text is named."""
    text = TINY.replace("[corpora]\n\n[corpora.train]", f"[corpora]\ntrain = {value}\n\n[corpora.other]")
    with pytest.raises(ConfigError, match="corpora"):
        made(text)


@pytest.mark.parametrize(
    "text",
    [
        "[paths]\ntrain = ${paths.train}\n",
        "[paths]\na = ${paths.b}\nb = ${paths.a}\n",
        '[paths]\na = "x${paths.a}"\n',
        "[nlp]\nlang = ${nlp}\n",
        "[paths]\na = ${paths}\n",
        "[paths]\na = ${paths.a.b}\n",
    ],
)
def test_references_to_themselves_are_named(text: str) -> None:
    """A value that refers to itself, at once or round some others, is an error that names it."""
    with pytest.raises(ConfigError, match=r"paths|nlp"):
        made(text)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("width = 8", "width = null", "tok2vec -> model -> width"),
        ("width = 8", "width = []", "tok2vec -> model -> width"),
        ("depth = 1", "depth = -1", "tok2vec -> model"),
        ("depth = 1", "depth = 1.5", "tok2vec -> model -> depth"),
        ('lang = "en"', "lang = null", "nlp -> lang"),
        ('lang = "en"', 'lang = "../en"', "../en"),
        ('pipeline = ["tok2vec", "tagger"]', "pipeline = null", "nlp -> pipeline"),
        ('pipeline = ["tok2vec", "tagger"]', "pipeline = [1]", "nlp -> pipeline"),
        ('pipeline = ["tok2vec", "tagger"]', 'pipeline = ["gone"]', "components -> gone"),
        ("[training]\n", "[training]\nscore_weights = 5\n", "training -> score_weights"),
        ("[training]\n", '[training]\nscore_weights = {"a": "b"}\n', "training -> score_weights -> a"),
    ],
)
def test_values_have_their_form(old: str, new: str, path: str) -> None:
    """A value of another form is an error with section and key."""
    assert old in TINY
    with pytest.raises(EngineError, match=path.replace(".", r"\.")):
        made(TINY.replace(old, new, 1))


@pytest.mark.parametrize(
    "text",
    ["", "[nlp]\n", '[nlp]\nlang = "en"\n', "[training]\n", "a = 1\n", "]", "[a", "\0", "[components.x]\n"],
)
def test_configs_without_sections_are_refused_clearly(text: str) -> None:
    """No `[components]`, no `[training]`, nothing at all: the error says what to write."""
    with pytest.raises(EngineError, match=r"expected|needs a path"):
        made(text)


def test_rows_are_numbers() -> None:
    """`null` in a list of sizes is named."""
    config = toy_config(shared("tagger"))
    config["components"]["tok2vec"]["model"]["embed"]["rows"][1] = None
    with pytest.raises(ConfigError, match="embed -> rows"):
        engine.from_config(config)


LABELS = [
    [],
    {},
    "x",
    5,
    {"actions": 5},
    {"actions": [["B"]]},
    {"actions": [[1, 2]]},
    [1],
    [None],
    {"labels": []},
    {"9": {}},
]


@pytest.mark.parametrize("labels", LABELS, ids=repr)
@pytest.mark.parametrize("factory", ["ner", "parser", "tagger", "textcat", "trainable_lemmatizer"])
def test_label_files_have_the_form_of_their_component(factory: str, labels: object, tmp_path: Path) -> None:
    """Labels of another kind of component are an error that says what was expected."""
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    config = toy_config(shared(factory))
    reader = {"@readers": "spacy.read_labels.v1", "path": str(tmp_path / "labels.json"), "require": True}
    config["initialize"] = {"components": {factory: {"labels": reader}}}
    if factory == "parser" and labels == []:
        pytest.skip("a parser finds none where none are given")
    nlp = engine.from_config(fill_config(config))
    with pytest.raises(EngineError, match=r"expected|labels"):
        nlp.initialize(lambda: toy_examples(nlp))


def test_a_config_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    """File, line and byte."""
    (tmp_path / "a.cfg").write_bytes(b'[nlp]\nlang = "\xff"\n')
    with pytest.raises(ConfigError, match=r"a\.cfg:2: expected UTF-8, got the byte 0xff"):
        read_config(tmp_path / "a.cfg")
