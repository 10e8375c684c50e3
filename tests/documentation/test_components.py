# SPDX-License-Identifier: Apache-2.0
"""Components, architectures, augmenters, readers and labels as the documentation writes them into configs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from thinc.api import Adam

import engine
from engine import Example, Pipeline
from engine.config.config import parse_config
from engine.doc.doc import Doc
from engine.knowledge import InMemoryLookupKB
from engine.training.augmenters import make_orth_variants
from tests.documentation.rows import row

WORDS = ("Ada", "Lovelace", "met", "Charles", "in", "London", ".", "She", "lived", "there", ".")


def gold_of(nlp: Pipeline) -> Doc:
    """A document with every layer."""
    doc = nlp.tokenizer.from_words(WORDS)
    doc.set_tags(["NNP", "NNP", "VBD", "NNP", "IN", "NNP", ".", "PRP", "VBD", "RB", "."])
    doc.set_pos(["PROPN", "PROPN", "VERB", "PROPN", "ADP", "PROPN", "PUNCT", "PRON", "VERB", "ADV", "PUNCT"])
    doc.set_morphs(["Number=Sing", *[""] * 10])
    doc.set_lemmas([word.lower() for word in WORDS])
    doc.set_heads(
        [1, 2, 2, 2, 2, 4, 2, 8, 8, 8, 8], [*["dep"] * 2, "ROOT", *["dep"] * 5, "ROOT", "dep", "dep"]
    )
    doc.set_sent_starts([1, *[-1] * 6, 1, *[-1] * 3])
    doc.set_ents([(0, 2, "PERSON"), (3, 4, "PERSON"), (5, 6, "GPE")])
    doc.set_column("ent_kb_id", ["Q7259", "Q7259", "", "Q46633", "", "Q84", "", "", "", "", ""])
    doc.set_spans("sc", [(0, 2, "NAME"), (5, 6, "PLACE")])
    doc.set_cats({"people": 1.0, "nature": 0.0})
    return doc


def pipeline_of(text: str) -> Pipeline:
    """A pipeline from a config as a file has it, its defaults filled in."""
    return engine.from_config(engine.fill_config(parse_config(text)))


def learned(nlp: Pipeline, n_steps: int = 2, rate: float = 0.001) -> Pipeline:
    """The pipeline after some steps."""
    examples = [Example(nlp.tokenizer(gold_of(nlp).text), gold_of(nlp)) for _ in range(3)]
    nlp.initialize(lambda: examples)
    optimizer = Adam(rate)
    for _ in range(n_steps):
        nlp.update(examples, optimizer=optimizer, annotates=["sentencizer"])
    return nlp


def knowledge_folder(path: Path) -> Path:
    """A knowledge base on disk."""
    kb = InMemoryLookupKB(None, entity_vector_length=3)
    for number, entity in enumerate(("Q7259", "Q46633", "Q84", "Q1")):
        kb.add_entity(entity=entity, freq=10, entity_vector=[1.0, number, -1.0])
    kb.add_alias(alias="Ada Lovelace", entities=["Q7259", "Q1"], probabilities=[0.5, 0.1])
    kb.add_alias(alias="Charles", entities=["Q46633"], probabilities=[0.4])
    kb.add_alias(alias="London", entities=["Q84", "Q1"], probabilities=[0.5, 0.2])
    kb.to_disk(path / "kb")
    return path / "kb"


PLAIN = """
[nlp]
lang = "en"
pipeline = ["{name}"]

[components]

[components.{name}]
factory = "{name}"
"""

RARE = {
    "beam_parser": "min_action_freq = 1\n",
    "parser": "min_action_freq = 1\n",
    "trainable_lemmatizer": "min_tree_freq = 1\n",
    "experimental_edit_tree_lemmatizer": "min_tree_freq = 1\n",
}
"""Settings by which one document is large enough."""

FACTORIES = [
    pytest.param("token_splitter", marks=row("G12.19")),
    pytest.param("beam_ner", marks=row("G12.20")),
    pytest.param("beam_parser", marks=row("G12.21")),
    pytest.param("span_finder", marks=row("G12.23")),
    pytest.param("nn_labeller", marks=row("G12.24")),
    pytest.param("experimental_edit_tree_lemmatizer", marks=row("G12.25")),
]


@pytest.mark.parametrize("name", FACTORIES)
def test_a_factory_with_default_settings_is_built_trained_and_run(name: str, tmp_path: Path) -> None:
    """A section with nothing but the factory's name is enough, and what was trained is kept."""
    nlp = learned(pipeline_of(PLAIN.format(name=name) + RARE.get(name, "")), n_steps=1)
    doc = nlp("Ada Lovelace met Charles in London.")
    nlp.to_disk(tmp_path)
    assert engine.load(tmp_path)(doc.text).to_json() == doc.to_json()


@row("G12.19")
def test_long_tokens_are_split() -> None:
    """Tokens of 25 characters or more become pieces of 10."""
    nlp = pipeline_of(PLAIN.format(name="token_splitter"))
    doc = nlp("see abcdefghijklmnopqrstuvwxyz1234 now")
    assert doc.words == ["see", "abcdefghij", "klmnopqrst", "uvwxyz1234", "now"]
    assert doc.text == "see abcdefghijklmnopqrstuvwxyz1234 now"


@row("G12.22")
def test_an_entity_linker_with_a_knowledge_base_from_a_file(tmp_path: Path) -> None:
    """The documentation's section for the knowledge base, and the rest by default."""
    kb_path = knowledge_folder(tmp_path)
    nlp = pipeline_of(
        f"""
[nlp]
lang = "en"
pipeline = ["sentencizer", "entity_ruler", "entity_linker"]

[components]

[components.sentencizer]
factory = "sentencizer"

[components.entity_ruler]
factory = "entity_ruler"

[components.entity_linker]
factory = "entity_linker"
incl_prior = false

[initialize]

[initialize.components]

[initialize.components.entity_ruler]
patterns = [{{"label": "GPE", "pattern": "London"}}, {{"label": "PERSON", "pattern": "Charles"}}]

[initialize.components.entity_linker]

[initialize.components.entity_linker.kb_loader]
@misc = "spacy.KBFromFile.v1"
kb_path = "{kb_path}"
"""
    )
    learned(nlp, n_steps=20)
    doc = nlp("She saw Charles in London.")
    assert [doc.column("ent_kb_id")[ent.start] for ent in doc.ents] == ["Q46633", "Q84"]
    scores = nlp.evaluate([Example(nlp.tokenizer(gold_of(nlp).text), gold_of(nlp))])
    assert scores["nel_micro_f"] == pytest.approx(1.0)


@row("G08")
def test_annotating_components_before_an_entity_linker(tmp_path: Path) -> None:
    """A sourced, frozen `ner` annotates what the linker learns from."""
    source = learned(pipeline_of(PLAIN.format(name="ner")), n_steps=30)
    source.to_disk(tmp_path / "ner_model")
    before = source.component("ner").state().arrays
    nlp = pipeline_of(
        f"""
[nlp]
lang = "en"
pipeline = ["sentencizer", "ner", "entity_linker"]

[components]

[components.sentencizer]
factory = "sentencizer"

[components.ner]
source = "{tmp_path / "ner_model"}"

[components.entity_linker]
factory = "entity_linker"
use_gold_ents = false

[training]
frozen_components = ["sentencizer", "ner"]
annotating_components = ["sentencizer", "ner"]

[initialize]

[initialize.components]

[initialize.components.entity_linker]

[initialize.components.entity_linker.kb_loader]
@misc = "spacy.KBFromFile.v1"
kb_path = "{knowledge_folder(tmp_path)}"
"""
    )
    examples = [Example(nlp.tokenizer(gold_of(nlp).text), gold_of(nlp)) for _ in range(2)]
    nlp.initialize(lambda: examples)
    losses = [
        nlp.update(
            examples, optimizer=Adam(0.01), exclude=["sentencizer", "ner"], annotates=["sentencizer", "ner"]
        )["entity_linker"]
        for _ in range(5)
    ]
    assert 0 < losses[-1] < losses[0]
    after = nlp.component("ner").state().arrays
    assert all((after[name] == before[name]).all() for name in before)


TAGGER_ON = """
[nlp]
lang = "en"
pipeline = ["tagger"]

[components]

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"
nO = null

[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[components.tagger.model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 32
attrs = ["NORM", "SHAPE"]
rows = [200, 50]
include_static_vectors = false

[components.tagger.model.tok2vec.encode]
@architectures = "spacy.TorchBiLSTMEncoder.v1"
width = 32
depth = 2
dropout = 0.0
"""


@row("A08b")
def test_a_bilstm_encoder_is_trained_and_kept(tmp_path: Path) -> None:
    """`spacy.TorchBiLSTMEncoder.v1` learns, needs no torch, and is saved."""
    nlp = learned(pipeline_of(TAGGER_ON), n_steps=40, rate=0.01)
    doc = nlp(gold_of(nlp).text)
    assert doc.tags == gold_of(nlp).tags
    nlp.to_disk(tmp_path)
    assert engine.load(tmp_path)(doc.text).tags == doc.tags


TEXTCATS = {
    "spacy.TextCatEnsemble.v1": """exclusive_classes = true
pretrained_vectors = null
width = 16
embed_size = 100
conv_depth = 2
window_size = 1
ngram_size = 1
dropout = null
nO = null
""",
}


@pytest.mark.parametrize("name", sorted(TEXTCATS))
def test_older_text_categorizers_are_trained_and_kept(name: str, tmp_path: Path) -> None:
    """Configs that name them train."""
    text = PLAIN.format(name="textcat") + f'\n[components.textcat.model]\n@architectures = "{name}"\n'
    nlp = learned(pipeline_of(text + TEXTCATS[name]), n_steps=10)
    doc = nlp(gold_of(nlp).text)
    assert doc.cats["people"] > doc.cats["nature"]
    nlp.to_disk(tmp_path)
    assert engine.load(tmp_path)(doc.text).cats == doc.cats


ORTH_VARIANTS: dict[str, Any] = {
    "single": [{"tags": [":"], "variants": ["-", "\u2014", "--"]}],
    "paired": [{"tags": ["``", "''"], "variants": [["'", "'"], ["\u201c", "\u201d"]]}],
}


@row("H24")
def test_orth_variants_from_a_json_file(tmp_path: Path) -> None:
    """The documentation's augmenter block gives other quotation marks and dashes, and keeps labels."""
    (tmp_path / "orth_variants.json").write_text(json.dumps(ORTH_VARIANTS), encoding="utf8")
    config = parse_config(
        f"""
[augmenter]
@augmenters = "spacy.orth_variants.v1"
level = 1.0
lower = 0.5

[augmenter.orth_variants]
@readers = "srsly.read_json.v1"
path = "{tmp_path / "orth_variants.json"}"
"""
    )
    augment = engine.registry.resolve(config)["augmenter"]
    nlp = engine.blank("en")
    gold = nlp.tokenizer.from_words(["'", "Rain", "'", "-", "fell"])
    gold.set_tags(["``", "NN", "''", ":", "VBD"])
    seen = set()
    for _ in range(30):
        (example,) = augment(nlp, Example(nlp.tokenizer(gold.text), gold))
        words = [word.lower() for word in example.reference.words]
        assert (words[0], words[2]) in {("'", "'"), ("\u201c", "\u201d")}
        assert example.reference.tags == gold.tags
        seen.add((words[0], words[3]))
    assert len(seen) > 2


def test_variants_of_another_form_are_refused() -> None:
    """The error shows the form."""
    with pytest.raises(engine.EngineError, match="expected orth_variants as"):
        make_orth_variants(0.5, 0.5, {"single": [{"tags": ["."]}]})


@row("H26")
def test_the_combined_augmenter() -> None:
    """Lower case, other spellings and tokens of white space, each in its share of the texts."""
    config = parse_config(
        """
[augmenter]
@augmenters = "spacy.combined_augmenter.v1"
lower_level = 1.0
orth_level = 0.0
orth_variants = null
whitespace_level = 1.0
whitespace_per_token = 0.3
whitespace_variants = ["\\n", "\\t", " "]
"""
    )
    augment = engine.registry.resolve(config)["augmenter"]
    nlp = engine.blank("en")
    (example,) = augment(nlp, Example(nlp.tokenizer(gold_of(nlp).text), gold_of(nlp)))
    changed, gold = example.reference, gold_of(nlp)
    places = [i for i, word in enumerate(changed.words) if not word.isspace()]
    assert len(changed) - len(places) == int(len(gold) * 0.3)
    assert [changed.words[i] for i in places] == [word.lower() for word in WORDS]
    assert [changed.tags[i] for i in places] == gold.tags
    assert {changed.tags[i] for i in range(len(changed)) if i not in places} == {"_SP"}
    assert [(ent.text.split(), ent.label) for ent in changed.ents] == [
        (ent.text.lower().split(), ent.label) for ent in gold.ents
    ]
    assert [changed.heads[i] for i in places] == [places[head] for head in gold.heads]


@row("H09")
def test_tokenizer_and_vocabulary_of_another_pipeline(tmp_path: Path) -> None:
    """`spacy.copy_from_base_model.v1` before initialisation."""
    base = engine.blank("xx")
    base.to_disk(tmp_path)
    config = (
        PLAIN.format(name="tagger")
        + f"""
[initialize]

[initialize.before_init]
@callbacks = "spacy.copy_from_base_model.v1"
tokenizer = "{tmp_path}"
vocab = "{tmp_path}"
"""
    )
    nlp = learned(pipeline_of(config), n_steps=1)
    assert nlp("They don't.").words == base("They don't.").words != engine.blank("en")("They don't.").words


@pytest.mark.parametrize("name", ["models_with_nvtx_range", "models_and_pipes_with_nvtx_range"])
def test_ranges_for_a_profiler_change_no_annotation(name: str, tmp_path: Path) -> None:
    """The pipeline trains, is saved, and annotates as without them."""
    config = "[system]\nseed = 0\n" + PLAIN.format(name="tagger")
    block = f'\n[nlp.after_pipeline_creation]\n@callbacks = "spacy.{name}.v1"\nforward_color = -1\n'
    plain = learned(pipeline_of(config))
    marked = learned(pipeline_of(config + block + "backprop_color = -1\n"))
    marked.to_disk(tmp_path)
    text = gold_of(plain).text
    assert marked(text).tags == plain(text).tags == engine.load(tmp_path)(text).tags


@row("J06")
def test_a_plain_text_corpus(tmp_path: Path) -> None:
    """One document a line; too short and too long ones are left out."""
    (tmp_path / "a.txt").write_text("One two three.\n\nFour.\nFive six seven eight nine.\n", encoding="utf8")
    config = parse_config(
        f"""
[corpus]
@readers = "spacy.PlainTextCorpus.v1"
path = "{tmp_path}"
min_length = 3
max_length = 5
"""
    )
    read = engine.registry.resolve(config)["corpus"]
    assert [example.text for example in read(engine.blank("en"))] == ["One two three."]


@pytest.mark.parametrize("name", ["srsly.read_yaml.v1", "srsly.read_msgpack.v1"])
def test_values_from_yaml_and_msgpack(name: str, tmp_path: Path) -> None:
    """Both readers give plain values, and name a file that is none."""
    data = {"srsly.read_yaml.v1": b"a: [1, two]\n", "srsly.read_msgpack.v1": b"\x81\xa1a\x92\x01\xa3two"}
    file = tmp_path / "data"
    file.write_bytes(data[name])
    read = engine.registry.get("readers", name)
    assert read(str(file)) == {"a": [1, "two"]}
    with pytest.raises(engine.EngineError, match="missing: expected a file to read"):
        read(str(tmp_path / "missing"))


LABELS = {
    "ner": {
        "0": {},
        "1": {"PERSON": 3, "GPE": 1},
        "2": {"PERSON": 3, "GPE": 1},
        "3": {"PERSON": 3, "GPE": 1},
        "4": {"PERSON": 3, "GPE": 1, "": 1},
        "5": {"": 1},
    },
    "parser": {"0": {"": 4}, "1": {"": 5}, "2": {"dep": 0}, "3": {"nsubj": 6, "dep": 0}, "4": {"ROOT": 2}},
    "morphologizer": {
        "morph": {"Number=Sing|POS=PROPN": "Number=Sing", "POS=VERB": ""},
        "pos": {"Number=Sing|POS=PROPN": 96, "POS=VERB": 100},
    },
    "trainable_lemmatizer": {
        "trees": [
            {"orig": "A", "subst": "a"},
            {"prefix_len": 1, "suffix_len": 0, "prefix_tree": 0, "suffix_tree": 4294967295},
            {"prefix_len": 0, "suffix_len": 0, "prefix_tree": 4294967295, "suffix_tree": 4294967295},
        ],
        "labels": [1, 2],
    },
    "tagger": ["NNP", "VBD"],
    "textcat": ["people", "nature"],
    "spancat": ["NAME", "PLACE"],
}
"""Files of labels as spaCy's `init labels` writes them."""


@row("I02", "I04.1", "I04.2", "I04.3", "I04.4", "I04.5", "I05")
@pytest.mark.parametrize("name", sorted(LABELS))
def test_labels_come_from_files_of_spacy(name: str, tmp_path: Path) -> None:
    """`spacy.read_labels.v1` gives them at initialisation, and `label_data` gives them back."""
    nlp = labelled(name, tmp_path, LABELS[name])
    data = nlp.component(name).label_data
    if name in ("ner", "parser"):
        orders = {kind: list(table) for kind, table in data.items()}
        assert orders == {kind: list(table) for kind, table in LABELS[name].items()}  # type: ignore[attr-defined]
    else:
        assert data == LABELS[name]


def labelled(name: str, folder: Path, labels: Any, require: str = "true") -> Pipeline:
    """A pipeline that was initialized with labels from a file."""
    file = folder / f"{name}.json"
    if labels is not None:
        file.write_text(json.dumps(labels), encoding="utf8")
    nlp = pipeline_of(
        PLAIN.format(name=name)
        + f"""
[initialize]

[initialize.components]

[initialize.components.{name}]

[initialize.components.{name}.labels]
@readers = "spacy.read_labels.v1"
path = "{file}"
require = {require}
"""
    )
    nlp.initialize(lambda: [Example(nlp.tokenizer(gold_of(nlp).text), gold_of(nlp))])
    return nlp


@row("I03")
def test_labels_may_be_required(tmp_path: Path) -> None:
    """Without the file the corpus is looked at, unless it is required."""
    assert labelled("ner", tmp_path, None, require="false").labels["ner"] == ["PERSON", "GPE"]
    with pytest.raises(engine.EngineError, match="expected a file of labels"):
        labelled("ner", tmp_path, None)


@row("I05")
@pytest.mark.parametrize("name", sorted({*LABELS} - {"spancat"}))
def test_label_data_makes_the_same_component_again(name: str, tmp_path: Path) -> None:
    """A component that is given another one's `label_data` has its classes, in their order."""
    nlp = learned(pipeline_of(PLAIN.format(name=name) + RARE.get(name, "")), n_steps=0)
    first: Any = nlp.component(name)
    again: Any = labelled(name, tmp_path, json.loads(json.dumps(first.label_data))).component(name)
    assert again.labels == first.labels
    assert again.class_names == first.class_names


@row("I09")
def test_norms_from_an_installed_package_of_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block that public configs have; a package gives the tables by its entry point."""
    (tmp_path / "lexeme_norm.json").write_text('{"colour": "color"}', encoding="utf8")
    (tmp_path / "table_package.py").write_text(
        f'xx = {{"lexeme_norm": {str(tmp_path / "lexeme_norm.json")!r}}}\n', encoding="utf8"
    )
    info = tmp_path / "table_package-1.0.dist-info"
    info.mkdir()
    metadata = "Metadata-Version: 2.1\nName: table-package\nVersion: 1.0\n"
    (info / "METADATA").write_text(metadata, encoding="utf8")
    (info / "entry_points.txt").write_text("[spacy_lookups]\nxx = table_package:xx\n", encoding="utf8")
    monkeypatch.syspath_prepend(str(tmp_path))
    block = """
[initialize]

[initialize.lookups]
@misc = "spacy.LookupsDataLoader.v1"
lang = ${nlp.lang}
tables = ["lexeme_norm"]
"""
    config = PLAIN.format(name="tagger").replace('lang = "en"', 'lang = "xx"') + block
    nlp = learned(pipeline_of(config), n_steps=1)
    assert nlp("colour").norms == ["color"]
    assert nlp.vocab.lookups.get_table("lexeme_norm")["colour"] == "color"
    nlp.to_disk(tmp_path / "kept")
    assert engine.load(tmp_path / "kept")("colour").norms == ["color"]
    with pytest.raises(engine.EngineError, match="Type: pip install spacy-lookups-data"):
        pipeline_of(config.replace("lexeme_norm", "lemma_rules")).initialize()
