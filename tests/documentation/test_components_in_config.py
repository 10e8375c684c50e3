# SPDX-License-Identifier: Apache-2.0
"""Components in a training config: built-in ones by their factories, sourced, frozen and annotating ones."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine

from .rows import row
from .shell import LISTENER, PATHS, SHORT, TAGGER, Shell, partial_config

TRAINED = {
    "G12.01": "tagger",
    "G12.02": "morphologizer",
    "G12.03": "parser",
    "G12.04": "senter",
    "G12.05": "ner",
    "G12.06": "textcat",
    "G12.07": "textcat_multilabel",
    "G12.08": "spancat",
    "G12.09": "spancat_singlelabel",
    "G12.10": "trainable_lemmatizer",
}
RULES = {
    "G12.12": "attribute_ruler",
    "G12.13": "sentencizer",
    "G12.14": "span_ruler",
    "G12.15": "future_entity_ruler",
    "G12.16": "merge_noun_chunks",
    "G12.17": "merge_subtokens",
    "G12.18": "doc_cleaner",
}
EMBEDDING_WITH_DEP = """
[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[components.tagger.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 16
attrs = ["NORM", "DEP"]
rows = [100, 50]
include_static_vectors = false

[components.tagger.model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 16
depth = 1
window_size = 1
maxout_pieces = 2
"""
RARE = {"parser": "min_action_freq = 1\n", "trainable_lemmatizer": "min_tree_freq = 1\n"}
"""Settings by which a corpus of two documents is large enough."""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line with a little corpus and a trained pipeline `first`."""
    shell = Shell(tmp_path, monkeypatch)
    shell.write("first.cfg", partial_config("tok2vec", "tagger", "ner"))
    return shell


def train_first(shell: Shell) -> None:
    """A pipeline to take components from."""
    shell.good("train", "first.cfg", "-o", "first", *PATHS, *SHORT)


def sourced(*names: str, source: str = "first/model-best") -> str:
    """Sections of components taken from a saved pipeline."""
    return "".join(f'\n[components.{name}]\nsource = "{source}"\n' for name in names)


def config_of(names: str, sections: str, more: str = "") -> str:
    """A config with these sections."""
    empty = partial_config(more=sections + more)
    return empty.replace("pipeline = []", f"pipeline = {names}")


def weights(folder: str, name: str) -> bytes:
    """The bytes of a component's saved weights."""
    return Path(folder, "model-best", name, "weights.safetensors").read_bytes()


@row("G01", "G05")
@pytest.mark.filterwarnings("ignore:'tagger' is frozen:UserWarning")
def test_sourced_components_are_updated_and_frozen_ones_are_not(shell: Shell) -> None:
    """Frozen weights stay byte by byte; the component still runs and is scored."""
    train_first(shell)
    frozen = '\n[training]\nfrozen_components = ["tagger"]\n'
    taken = sourced("tok2vec", "tagger", "ner")
    shell.write("next.cfg", config_of('["tok2vec", "tagger", "ner"]', taken, frozen))
    told = shell.good("train", "next.cfg", "-o", "next", *PATHS, *SHORT)
    assert weights("first", "tagger") == weights("next", "tagger")
    assert weights("first", "ner") != weights("next", "ner")
    assert "TAG_ACC" in told.stdout


@pytest.mark.nightly
@row("G07")
def test_an_annotating_component_feeds_features_of_later_ones(shell: Shell) -> None:
    """The parser's DEP is a feature of the tagger."""
    embed = TAGGER.replace(LISTENER.format(name="tagger"), "") + EMBEDDING_WITH_DEP
    parser = '\n[components.parser]\nfactory = "parser"\nmin_action_freq = 1\n'
    more = '\n[training]\nannotating_components = ["parser"]\n'
    shell.write("c.cfg", config_of('["parser", "tagger"]', parser + embed, more))
    shell.good("train", "c.cfg", "-o", "out", *PATHS, *SHORT)
    assert engine.load("out")("Ada met Grace.").tags


@row("G09")
def test_a_frozen_embedding_feeds_its_listeners(shell: Shell) -> None:
    """Frozen and annotating, it stays as it is, and heads learn on it."""
    train_first(shell)
    more = '\n[training]\nfrozen_components = ["tok2vec"]\nannotating_components = ["tok2vec"]\n'
    shell.write("next.cfg", config_of('["tok2vec", "tagger"]', sourced("tok2vec") + TAGGER, more))
    shell.good("train", "next.cfg", "-o", "next", *PATHS, *SHORT)
    assert weights("first", "tok2vec") == weights("next", "tok2vec")


@row("G10", "G11")
def test_rules_stand_beside_trained_components(shell: Shell) -> None:
    """Patterns come from a JSONL file at initialisation; the ruler runs before the trained component."""
    shell.write("patterns.jsonl", '{"label": "PER", "pattern": "Ada"}\n')
    patterns = (
        "\n[initialize]\n\n[initialize.components]\n\n[initialize.components.entity_ruler]\n"
        "\n[initialize.components.entity_ruler.patterns]\n"
        '@readers = "srsly.read_jsonl.v1"\npath = "patterns.jsonl"\n'
    )
    shell.write("c.cfg", partial_config("sentencizer", "tok2vec", "entity_ruler", "ner", more=patterns))
    shell.good("train", "c.cfg", "-o", "out", *PATHS, *SHORT)
    doc = engine.load("out")("Ada met Grace Hopper.")
    assert ("Ada", "PER") in [(ent.text, ent.label) for ent in doc.ents]


@pytest.mark.nightly
@pytest.mark.parametrize(
    "factory", [pytest.param(name, marks=row(id), id=name) for id, name in TRAINED.items()]
)
def test_built_in_components_train_by_their_defaults(shell: Shell, factory: str) -> None:
    """Nothing but the factory's name is in the config."""
    section = f'\n[components.{factory}]\nfactory = "{factory}"\n{RARE.get(factory, "")}'
    shell.write("c.cfg", config_of(f'["{factory}"]', section))
    told = shell.good("train", "c.cfg", "-o", "out", *PATHS, *SHORT)
    assert f"LOSS {factory.upper()}" in " ".join(told.stdout.split())
    assert engine.load("out").names == [factory]


@pytest.mark.parametrize(
    "factory", [pytest.param(name, marks=row(id), id=name) for id, name in RULES.items()]
)
def test_built_in_rules_run_by_their_defaults(shell: Shell, factory: str) -> None:
    """Nothing but the factory's name is in the config, which assembles."""
    shell.write("c.cfg", partial_config(factory))
    shell.good("assemble", "c.cfg", "out")
    assert engine.load("out").names == [factory]


@row("G12.11")
def test_a_lemmatizer_says_which_tables_it_needs(shell: Shell) -> None:
    """Without tables it is refused in words, at the latest when it runs."""
    shell.write("c.cfg", partial_config("lemmatizer"))
    told = shell("assemble", "c.cfg", "out")
    if told.exit_code == 0:
        with pytest.raises(engine.EngineError, match="lemma"):
            engine.load("out")("Ada met Grace.")
    else:
        assert "lemma" in told.output


@row("G13")
def test_categories_are_exclusive_or_not(shell: Shell) -> None:
    """textcat gives one category, textcat_multilabel any number; thresholds are settings."""
    section = '\n[components.textcat]\nfactory = "textcat"\nthreshold = 0.4\n'
    shell.write("c.cfg", config_of('["textcat"]', section))
    shell.good("init", "fill-config", "c.cfg", "filled.cfg")
    block = shell.config("filled.cfg")["components"]["textcat"]
    assert (block["threshold"], block["model"]["linear_model"]["exclusive_classes"]) == (0.4, True)
    shell.good("train", "c.cfg", "-o", "out", *PATHS, *SHORT)
    cats = engine.load("out")("Rain fell.").cats
    assert sum(cats.values()) == pytest.approx(1.0, abs=1e-4)


@row("B16")  # of another area, whose trap is ours
def test_the_gradient_of_a_listener_may_follow_a_schedule(shell: Shell) -> None:
    """`grad_factor` as a block of a schedule trains; text is refused with words."""
    schedule = '\n[components.tagger.model.tok2vec.grad_factor]\n@schedules = "warmup_linear.v1"\n' + (
        "initial_rate = 1.0\nwarmup_steps = 2\ntotal_steps = 10\n"
    )
    shell.write("c.cfg", partial_config("tok2vec", "tagger", more=schedule))
    shell.good("train", "c.cfg", "-o", "out", *PATHS, *SHORT)
    assert engine.load("out").names == ["tok2vec", "tagger"]
    words = ("--components.tagger.model.tok2vec.grad_factor", "much")
    assert "expected grad_factor" in shell("train", "c.cfg", *PATHS, *words).output
