# SPDX-License-Identifier: Apache-2.0
"""Shared and independent embeddings, their architectures and features, as the documentation writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import engine
from engine import Config, Example
from tests.engine.toy import shared, toy_examples, toy_pipeline

from .rows import row
from .shell import LISTENER, PATHS, SHORT, TAGGER, Shell, partial_config

SHARED = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "ner"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.Tok2Vec.{version}"

[components.tok2vec.model.embed]
@architectures = "spacy.MultiHashEmbed.{version}"
{embed}
[components.tok2vec.model.encode]
@architectures = "spacy.MaxoutWindowEncoder.{version}"
{encode}
[components.ner]
factory = "ner"

[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v2"

[components.ner.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
{listener}"""
EMBED = 'width = 16\nattrs = ["NORM", "PREFIX"]\nrows = [100, 50]\ninclude_static_vectors = false\n'
ENCODE = "width = 16\ndepth = 1\nwindow_size = 1\nmaxout_pieces = 2\n"
REST = (
    'state_type = "ner"\nextra_state_tokens = false\nhidden_width = 12\nmaxout_pieces = 2\nuse_upper = true\n'
)
INDEPENDENT = """
[components.ner]
factory = "ner"

[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v2"
{rest}
[components.ner.model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[components.ner.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
{embed}
[components.ner.model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
{encode}"""
CNN = (
    '@architectures = "spacy.HashEmbedCNN.{}"\nwidth = 16\ndepth = 1\nembed_size = 100\nwindow_size = 1\n'
    "maxout_pieces = 2\nsubword_features = true\npretrained_vectors = null\n"
)
PARTS = (
    '@architectures = "spacy.Tok2Vec.v2"\n\n[components.tok2vec.model.embed]\n{}\n'
    "[components.tok2vec.model.encode]\n{}"
)
HASHED = '@architectures = "spacy.MultiHashEmbed.{}"\n' + EMBED
MAXOUT = '@architectures = "spacy.MaxoutWindowEncoder.{}"\n' + ENCODE
CHARACTERS = (
    '@architectures = "spacy.CharacterEmbed.v2"\nwidth = 16\nrows = 100\nnM = 4\nnC = 4\nfeature = "LOWER"\n'
    "include_static_vectors = false\n"
)
MISH = '@architectures = "spacy.MishWindowEncoder.v2"\nwidth = 16\ndepth = 1\nwindow_size = 1\n'
MODELS = {
    "A07a": CNN.format("v2"),
    "A07b": CNN.format("v1"),
    "A08a": PARTS.format(HASHED.format("v2"), MISH),
    "A08c": PARTS.format(CHARACTERS, MAXOUT.format("v2")),
    "A08d": PARTS.format(HASHED.format("v2"), MAXOUT.format("v1")),
    "A08e": PARTS.format(HASHED.format("v1"), MAXOUT.format("v2")),
}
FEATURES = {
    "N13.01": "ORTH",
    "N13.02": "LOWER",
    "N13.03": "NORM",
    "N13.04": "SHAPE",
    "N13.05": "PREFIX",
    "N13.06": "SUFFIX",
    "N13.07": "LENGTH",
    "N13.14": "SPACY",
    "N13.15": "IS_ALPHA",
    "N13.16": "LIKE_NUM",
    "N13.17": "TAG",
    "N13.18": "DEP",
    "N13.20": "MORPH",
    "N13.21": "LEMMA",
    "N13.22": "POS",
    "N13.23": "ENT_TYPE",
    "N13.24": "ENT_IOB",
}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line with a little corpus."""
    return Shell(tmp_path, monkeypatch)


@row("A01")
def test_the_printed_excerpt_is_told_what_it_leaves_out(shell: Shell) -> None:
    """As it is printed it has no width: fill-config names each missing argument, exit code 1."""
    shell.write("base.cfg", SHARED.format(version="v2", embed="", encode="", listener=""))
    told = shell("init", "fill-config", "base.cfg", "config.cfg")
    assert told.exit_code == 1
    for part in ("embed -> width: missing", "embed -> attrs: missing", "encode -> depth: missing"):
        assert part in told.stderr


@pytest.mark.nightly
@pytest.mark.parametrize(
    "version", [pytest.param("v2", marks=row("A02")), pytest.param("v1", marks=row("A03"))]
)
def test_the_shared_excerpt_trains(shell: Shell, version: str) -> None:
    """With its required arguments, under the names of today and of 2020."""
    values = {"embed": EMBED, "encode": ENCODE, "listener": "width = 16\n"}
    text = SHARED.format(version=version, **values)
    shell.write("base.cfg", text.replace('TransitionBasedParser.v2"\n', f'TransitionBasedParser.v2"\n{REST}'))
    shell.good("init", "fill-config", "base.cfg", "config.cfg")
    shell.good("train", "config.cfg", "-o", "out", *PATHS, *SHORT)
    assert engine.load("out").names == ["tok2vec", "ner"]


@pytest.mark.nightly
@row("A04")
def test_the_independent_excerpt_trains(shell: Shell) -> None:
    """A component with an embedding of its own."""
    more = INDEPENDENT.format(rest=REST, embed=EMBED, encode=ENCODE)
    shell.write("c.cfg", partial_config(more=more).replace("pipeline = []", 'pipeline = ["ner"]'))
    shell.good("train", "c.cfg", "-o", "out", *PATHS, *SHORT)
    assert engine.load("out").names == ["ner"]


@row("A05", "A12")
def test_heads_share_one_pass_and_add_up_their_gradients() -> None:
    """The embedding runs once a batch; what two heads send back is the sum of what each sends."""
    nlp = toy_pipeline(shared("tagger", "morphologizer"))
    examples = toy_examples(nlp)
    runs: list[int] = []
    embedding = nlp.component("tok2vec")
    predict = embedding.predict
    embedding.predict = lambda batch: runs.append(predict(batch) or 1)  # type: ignore[method-assign,func-returns-value]
    nlp.predict([example.text for example in examples])
    assert len(runs) == 1
    norms = [_gradient(nlp, examples, [name]) for name in ("tagger", "morphologizer")]
    both = _gradient(nlp, examples, [])
    assert both == pytest.approx(norms[0] + norms[1], rel=1e-3, abs=1e-4)


def _gradient(nlp: engine.Pipeline, examples: list[Example], exclude: list[str]) -> float:
    """One number of the embedding's gradient, after an update of the heads that are not left out."""
    model = nlp.component("tok2vec").model  # type: ignore[attr-defined]
    nlp.update(examples, sgd=False, exclude=exclude)
    total = 0.0
    for node in model.walk():
        for name in node.param_names:
            gradient = node.maybe_get_grad(name)
            if gradient is not None:
                total += float(gradient.sum())
                node.set_grad(name, gradient * 0)
    return total


@row("A06")
def test_a_listener_names_its_embedding(shell: Shell) -> None:
    """Two embeddings; a head reads the one that `upstream` names."""
    first = '\n[components.{0}]\nfactory = "tok2vec"\n\n[components.{0}.model]\n' + CNN.format("v2")
    head = TAGGER.replace(
        LISTENER.format(name="tagger"), LISTENER.format(name="tagger") + 'upstream = "one"\n'
    )
    more = first.format("one") + first.format("two") + head
    pipeline = 'pipeline = ["one", "two", "tagger"]'
    shell.write("c.cfg", partial_config(more=more).replace("pipeline = []", pipeline))
    shell.good("train", "c.cfg", "-o", "out", *PATHS, *SHORT)
    listener = next(
        node
        for node in engine.load("out").component("tagger").model.walk()  # type: ignore[attr-defined]
        if node.attrs.get("upstream")
    )
    assert listener.attrs["source"] == "one"


@pytest.mark.nightly
@pytest.mark.parametrize("model", [pytest.param(text, marks=row(id), id=id) for id, text in MODELS.items()])
def test_architectures_of_embeddings_train(shell: Shell, model: str) -> None:
    """Each documented embedding and encoder, in every version."""
    section = f'\n[components.tok2vec]\nfactory = "tok2vec"\n\n[components.tok2vec.model]\n{model}'
    more = section + TAGGER
    pipeline = 'pipeline = ["tok2vec", "tagger"]'
    shell.write("c.cfg", partial_config(more=more).replace("pipeline = []", pipeline))
    shell.good("train", "c.cfg", "-o", "out", *PATHS, *SHORT)
    assert engine.load("out")("Ada met Grace.").tags


@row("A10")
def test_the_shared_vectors_are_the_documents_tensor() -> None:
    """One row a token."""
    doc = toy_pipeline(shared("tagger"))("Ada met Grace.")
    assert doc.tensor.shape == (4, 16)


@pytest.mark.parametrize("feature", [pytest.param(name, marks=row(id)) for id, name in FEATURES.items()])
def test_features_of_an_embedding(feature: str) -> None:
    """Each attribute is a table of rows."""
    block = {
        "factory": "tok2vec",
        "model": {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {
                "@architectures": "spacy.MultiHashEmbed.v2",
                "width": 8,
                "attrs": [feature],
                "rows": [20],
                "include_static_vectors": False,
            },
            "encode": {
                "@architectures": "spacy.MaxoutWindowEncoder.v2",
                "width": 8,
                "depth": 1,
                "window_size": 1,
                "maxout_pieces": 2,
            },
        },
    }
    sections = {"nlp": {"lang": "en", "pipeline": ["tok2vec"]}, "components": {"tok2vec": block}}
    nlp = engine.build(engine.fill_config(Config(sections)))
    nlp.initialize()
    assert nlp("Ada met 3 people.").tensor.shape == (5, 8)


@row("N11")
def test_a_pipeline_that_spacy_trained_annotates_alike() -> None:
    """The same tags and entities as spaCy wrote beside it."""
    golden = Path(__file__).parents[1] / "engine" / "spacy_files" / "golden" / "heads"
    nlp = engine.load(golden)
    for line in (golden / "expected.jsonl").read_text(encoding="utf8").splitlines():
        wanted = json.loads(line)
        got = nlp(wanted["text"]).to_json()
        assert (got["tokens"], got.get("ents")) == (wanted["tokens"], wanted.get("ents"))
