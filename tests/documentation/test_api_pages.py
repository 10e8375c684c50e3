# SPDX-License-Identifier: Apache-2.0
"""The API pages, tried method by method beside spaCy: what differed there and is alike now, a kind each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import pytest

import engine
from engine import Language, Span, displacy, util
from engine.components.lemmatizer import Lemmatizer
from engine.config.registry import registry
from engine.doc.doc import Doc
from engine.doc.example import Example
from engine.doc.span_group import SpanGroup
from engine.matching import PhraseMatcher
from engine.spacy_files.docbin import DocBin
from engine.spacy_names import run_file
from engine.training.batchers import minibatch_by_padded_size, minibatch_by_words
from engine.vocab import Lookups, MorphAnalysis, StringStore, Vocab

Places = list[tuple[int, int, str]]
ENTITIES: dict[str, Places] = {"Ada saw Bob": [(0, 3, "PER"), (8, 11, "PER")], "Rain fell": []}


@pytest.fixture
def doc() -> Doc:
    """Five words."""
    return engine.blank("en").make_doc("I live in New York")


def read(code: str, folder: Path) -> Any:
    """What a script leaves that says `import spacy`."""
    script = folder / "script.py"
    script.write_text(code, encoding="utf-8")
    return run_file(script, name="api_pages_script", as_spacy=True)


def merge(doc: Doc, *places: tuple[int, int]) -> None:
    """Make one token of each of these."""
    with doc.retokenize() as changes:
        for start, end in places:
            changes.merge(doc[start:end])


def test_what_is_missing_has_the_documented_kind_of_error(doc: Doc, tmp_path: Path) -> None:
    """`except OSError: download(...)` is how people load a pipeline."""
    with pytest.raises(OSError, match="saved pipeline"):
        engine.load("no_such_pipeline")
    with pytest.raises(ImportError, match="a language"):
        engine.blank("zz")
    with pytest.raises(FileNotFoundError, match=r"none\.spacy"):
        DocBin().from_disk(tmp_path / "none.spacy")
    with pytest.raises(ValueError, match="zlib"):
        DocBin().from_bytes(b"abc")
    with pytest.raises(ValueError, match="attribute"):
        doc.has_annotation("NOPE")
    with pytest.raises(KeyError, match="there are: none"):
        PhraseMatcher(doc.vocab).remove("x")


def test_what_does_not_fit_has_the_documented_kind_of_error(doc: Doc) -> None:
    """`ValueError` for values and settings, `TypeError` for what is no example."""
    nlp, wrong = engine.blank("en"), cast("list[Example]", ["x"])
    with pytest.raises(ValueError, match="unexpected argument"):
        nlp.add_pipe("sentencizer", config={"nope": 1})
    with pytest.raises(ValueError, match="component"):
        nlp.remove_pipe("nope")
    with pytest.raises(TypeError, match="examples"):
        nlp.evaluate(wrong)
    with pytest.raises(TypeError, match="examples"):
        nlp.update(wrong)
    with pytest.raises(ValueError, match="overlap"):
        merge(doc, (0, 2), (1, 3))
    nlp.add_pipe("tagger")
    with pytest.raises(ValueError, match="weights"):
        nlp("a b")


def test_a_pipeline_is_named_by_name() -> None:
    """`load(name=...)`, `blank(name=...)`."""
    assert engine.blank(name="de").lang == "de"
    with pytest.raises(OSError, match="saved pipeline"):
        engine.load(name="no_such_pipeline")


def test_what_is_printed_is_what_people_look_for(doc: Doc) -> None:
    """A document as its text, features as theirs, an example as what gold says."""
    assert repr([doc]) == "[I live in New York]"
    assert repr(MorphAnalysis("Case=Nom|Number=Sing")) == "Case=Nom|Number=Sing"
    assert str(Example(doc, doc)) == str(Example(doc, doc).to_dict())


def test_each_value_of_a_feature_is_one() -> None:
    """`Feat=a,b` holds `Feat=a` and `Feat=b`."""
    morph = MorphAnalysis(Vocab(), "B=2|A=1,3")
    assert list(morph) == ["A=1", "A=3", "B=2"]
    assert len(morph) == 3
    assert "A=3" in morph
    assert morph.to_dict() == {"A": "1,3", "B": "2"}


def test_a_sentence_start_is_true_false_or_none(doc: Doc) -> None:
    """5 was taken for false."""
    with pytest.raises(ValueError, match="True, False or None"):
        doc[2].is_sent_start = 5


def test_tokens_and_spans_are_compared_with_their_like_alone(doc: Doc) -> None:
    """`span <= 3` is a TypeError."""
    with pytest.raises(TypeError):
        _ = doc[0:2] <= 3
    with pytest.raises(TypeError):
        _ = doc[0] < "a"


def test_a_merged_token_gets_an_entity_type_and_features_of_words(doc: Doc) -> None:
    """`ENT_TYPE` where there was no entity; `IS_STOP` of the word in the vocabulary."""
    with doc.retokenize() as changes:
        changes.merge(doc[3:5], attrs={"LEMMA": "new york", "ENT_TYPE": "GPE", "IS_STOP": True})
    assert (doc[3].text, doc[3].lemma_, doc[3].ent_type_, doc[3].is_stop) == (
        *("New York", "new york", "GPE"),
        True,
    )
    assert doc.vocab["New York"].is_stop


def test_words_and_texts_are_set_by_text() -> None:
    """`lexeme.set_attrs(norm="x")`; only texts are added to the strings."""
    lexeme = Vocab()["coffee"]
    lexeme.set_attrs(norm="kaffee", is_stop=True)
    assert lexeme.norm_ == "kaffee"
    assert lexeme.is_stop
    strings = StringStore()
    assert strings.add(b"tea") == strings["tea"]
    with pytest.raises(TypeError, match="expected a text"):
        strings.add(1.5)  # type: ignore[arg-type]  # that is the test


def test_a_group_is_extended_by_its_documented_name(doc: Doc) -> None:
    """`extend(spans_or_span_group=...)`."""
    group = SpanGroup(doc, name="x")
    group.extend(spans_or_span_group=[doc[0:1]])
    assert [span.text for span in group] == ["I"]


def test_evaluation_says_how_fast_it_was(doc: Doc) -> None:
    """`speed` is a score."""
    assert engine.blank("en").evaluate([Example(doc, doc)])["speed"] > 0


def test_scores_of_a_pipeline_are_weighed_as_it_is_arranged() -> None:
    """`nlp.config["training"]["score_weights"]`, a component's own ones too; given ones stay."""
    Language.factory(
        "api_pages_weighed",
        default_score_weights={"mine": 1.0},
        func=lambda nlp, name: lambda doc: doc,
    )
    nlp = engine.blank("en")
    nlp.add_pipe("api_pages_weighed")
    assert nlp.config["training"]["score_weights"] == {"mine": 1.0}
    nlp.add_pipe("tagger")
    assert nlp.config["training"]["score_weights"]["mine"] == 0.5
    nlp.remove_pipe("tagger")
    assert nlp.config["training"]["score_weights"] == {"mine": 1.0}
    assert Language.default_config["training"]["dropout"] == 0.1


@pytest.mark.parametrize("wrong", ["token.nope", "nope.x", "doc", "doc._"])
def test_what_a_component_assigns_must_be_there(wrong: str) -> None:
    """`assigns=["token.nope"]` is refused."""
    with pytest.raises(ValueError, match="api_pages_assigning"):
        Language.component("api_pages_assigning", assigns=[wrong], func=lambda doc: doc)


def test_names_with_numbers_are_imported_all_at_once(tmp_path: Path) -> None:
    """`from spacy.attrs import *`."""
    script = read(
        "from spacy.attrs import *\nfrom spacy.symbols import *\nvalues = POS, nsubj\n"
        "from spacy.lang.char_classes import *\nletters = len(ALPHA) > 100\n",
        tmp_path,
    )
    assert script.values == (74, 429)
    assert script.letters


@pytest.mark.parametrize(
    ("module", "name", "factory"),
    [
        ("dep_parser", "DEFAULT_PARSER_MODEL", "parser"),
        ("edit_tree_lemmatizer", "DEFAULT_EDIT_TREE_LEMMATIZER_MODEL", "trainable_lemmatizer"),
        ("entity_linker", "DEFAULT_NEL_MODEL", "entity_linker"),
        ("morphologizer", "DEFAULT_MORPH_MODEL", "morphologizer"),
        ("ner", "DEFAULT_NER_MODEL", "ner"),
        ("senter", "DEFAULT_SENTER_MODEL", "senter"),
        ("span_finder", "DEFAULT_SPAN_FINDER_MODEL", "span_finder"),
        ("spancat", "DEFAULT_SPANCAT_MODEL", "spancat"),
        ("spancat", "DEFAULT_SPANCAT_SINGLELABEL_MODEL", "spancat_singlelabel"),
        ("tagger", "DEFAULT_TAGGER_MODEL", "tagger"),
        ("textcat", "DEFAULT_SINGLE_TEXTCAT_MODEL", "textcat"),
        ("textcat_multilabel", "DEFAULT_MULTI_TEXTCAT_MODEL", "textcat_multilabel"),
        ("tok2vec", "DEFAULT_TOK2VEC_MODEL", "tok2vec"),
    ],
)
def test_the_block_of_a_default_model_is_there(module: str, name: str, factory: str, tmp_path: Path) -> None:
    """`config = {"model": DEFAULT_TAGGER_MODEL}`, in documented names."""
    script = read(f"from spacy.pipeline.{module} import {name} as model\n", tmp_path)
    assert script.model["@architectures"].startswith("spacy.")
    assert registry.has("architectures", script.model["@architectures"])
    engine.blank("en").add_pipe(factory, config={"model": script.model})


def test_further_documented_names_are_there(tmp_path: Path) -> None:
    """Classes, functions and commands that scripts import."""
    script = read(
        """
import spacy
from spacy import displacy
from spacy.cli import download
from spacy.cli.download import download
from spacy.pipeline import MultiLabel_TextCategorizer
from spacy.pipeline.spancat import Suggester, build_ngram_suggester
from spacy.training.batchers import minibatch_by_words
from spacy.training.callbacks import create_copy_from_base_model
from spacy.util import DummyTokenizer, SimpleFrozenDict, SimpleFrozenList, run_command, update_exc
nlp = spacy.blank("en")
is_one = isinstance(nlp.add_pipe("textcat_multilabel"), MultiLabel_TextCategorizer)
sizes = [len(list(build_ngram_suggester([1])([nlp.make_doc("a b")]).lengths))]
served = callable(displacy.serve)
""",
        tmp_path,
    )
    assert (script.is_one, script.sizes, script.served) == (True, [1], True)


def test_helpers_of_util_do_as_documented(tmp_path: Path) -> None:
    """Frozen lists, parts of an object, exceptions of tokenizers, slices."""
    with pytest.raises(NotImplementedError):
        util.SimpleFrozenList([1]).append(2)
    with pytest.raises(NotImplementedError):
        util.SimpleFrozenDict(a=1)["a"] = 2
    taken: dict[str, Any] = {}
    data = util.to_bytes({"a": lambda: 1, "b": lambda: 2}, exclude=["b"])
    util.from_bytes(
        data, {"a": lambda value: taken.update(a=value), "b": lambda value: taken.update(b=value)}
    )
    assert taken == {"a": 1}
    util.to_disk(tmp_path / "x", {"part": lambda path: path.write_text("1")})
    util.from_disk(tmp_path / "x", {"part": lambda path: taken.update(part=path.read_text())})
    assert taken["part"] == "1"
    exceptions = util.update_exc({}, {"don't": [{"ORTH": "do"}, {"ORTH": "n't", "NORM": "not"}]})
    assert exceptions["don\u2019t"] == [{"ORTH": "do"}, {"ORTH": "n\u2019t", "NORM": "not"}]
    with pytest.raises(ValueError, match="spell"):
        util.update_exc({}, {"ab": [{"ORTH": "a"}]})
    assert util.normalize_slice(5, -3, 99) == (2, 5)


def test_batches_are_cut_from_what_is_given() -> None:
    """`minibatch_by_words(seqs, size)`, which gave a function."""
    seqs = [["a"] * 3, ["b"] * 3, ["c"] * 3]
    assert [len(batch) for batch in minibatch_by_words(seqs, 6, tolerance=0.0)] == [2, 1]
    assert sum(len(batch) for batch in minibatch_by_padded_size(seqs, 6)) == 3


def test_entities_with_an_id_are_drawn_with_a_link(doc: Any) -> None:
    """`kb_url_template`, which was taken and dropped; one that leads to no page is refused."""
    doc.ents = [Span(doc, 3, 5, label="GPE", kb_id="Q 60")]
    options = {"kb_url_template": "https://www.wikidata.org/wiki/{}"}
    assert '<a href="https://www.wikidata.org/wiki/Q%2060">Q 60</a>' in displacy.render(
        doc, style="ent", options=options
    )
    with pytest.raises(engine.EngineError, match="kb_url_template"):
        displacy.render(doc, style="ent", options={"kb_url_template": "javascript:{}"})


class OwnLemmatizer(Lemmatizer):
    """A mode of one's own, as the page of the lemmatizer has it."""

    @classmethod
    def get_lookups_config(cls, mode: str, lang: str = "") -> tuple[list[str], list[str]]:
        """The one table."""
        return ["own"], []

    def own_lemmatize(self, token: Any) -> list[str]:
        """By the table, in capitals."""
        return [str(self.lookups.get_table("own").get(token.text, token.text)).upper()]


def test_a_lemmatizer_is_derived_with_a_mode_of_its_own() -> None:
    """`class Mine(Lemmatizer)` with `own_lemmatize(token)`; made by vocabulary, model and name."""
    nlp = engine.blank("en")
    tables = Lookups()
    tables.add_table("own", {"going": "go"})
    make: Any = OwnLemmatizer
    component = make(nlp.vocab, None, "own", mode="own")
    component.initialize(lookups=tables)
    assert [token.lemma_ for token in component(nlp.make_doc("going home"))] == ["GO", "HOME"]
    with pytest.raises(engine.EngineError, match="the table own"):
        component.initialize(lookups=Lookups())


def test_a_lemmatizer_says_what_it_would_say_of_a_token(doc: Doc) -> None:
    """`lookup_lemmatize(token)`, `lemmatize(token)`, `lookups`."""
    component: Any = engine.blank("en").add_pipe("lemmatizer", config={"mode": "lookup"})
    component.use_tables({"lemma_lookup": {"live": "LIVE"}})
    assert component.lookup_lemmatize(doc[1]) == component.lemmatize(doc[1]) == ["LIVE"]
    assert component.lemmatize(doc[0]) == ["I"]
    assert component.lookups.tables == ["lemma_lookup"]


def test_rulers_show_their_patterns_by_kind() -> None:
    """`token_patterns`, `phrase_patterns`, and the matchers."""
    nlp = engine.blank("en")
    ruler: Any = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        patterns=[{"label": "A", "pattern": "home"}, {"label": "B", "pattern": [{"LOWER": "going"}]}]
    )
    assert ruler.token_patterns == {"B": [[{"LOWER": "going"}]]}
    assert [phrase.text for phrase in ruler.phrase_patterns["A"]] == ["home"]
    assert len(ruler.matcher) == len(ruler.phrase_matcher) == 1


@pytest.mark.parametrize("factory", ["ner", "beam_ner"])
def test_entities_have_scores_by_beam(factory: str) -> None:
    """`beam_parse` and `scored_ents`, on either component; `predict` gives what can be scored, too."""
    nlp = engine.blank("en")
    ner: Any = nlp.add_pipe(factory)
    examples = [Example.from_dict(nlp.make_doc(text), {"entities": ents}) for text, ents in ENTITIES.items()]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    doc: Any = nlp.make_doc("Ada saw Bob")
    beams = ner.beam_parse([doc], beam_width=4, beam_density=0.0001)
    (scores,) = ner.scored_ents(beams)
    assert scores[0, 1, "PER"] > 0.5
    assert len(doc.ents) == 0
    ner.set_annotations([doc], beams)
    assert [ent.text for ent in doc.ents] == ["Ada", "Bob"]
    assert ner.scored_ents(beams) == [scores]  # of the document as it was
    if factory == "beam_ner":
        assert ner.scored_ents(ner.predict([nlp.make_doc("Ada saw Bob")]))[0][0, 1, "PER"] > 0.5


def test_arcs_have_scores_by_beam() -> None:
    """`beam_parse` and `scored_parses`: heads of tokens, and their labels."""
    nlp = engine.blank("en")
    parser: Any = nlp.add_pipe("parser", config={"min_action_freq": 1})
    gold = {"heads": [1, 1, 1], "deps": ["nsubj", "ROOT", "dobj"]}
    examples = [Example.from_dict(nlp.make_doc("Ada saw Bob"), gold)]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    beams = parser.beam_parse([nlp.make_doc("Ada saw Bob")], beam_width=4)
    (heads,), (labels,) = parser.scored_parses(beams)
    assert heads[0, 1] > 0.5
    assert labels[2, "dobj"] > 0.5
    assert len(parser.greedy_parse([nlp.make_doc("Ada saw Bob")])) == 1


def test_functions_are_found_by_documented_names_in_each_table() -> None:
    """`registry.architectures.get("spacy.Tagger.v2")`, names of `spacy-legacy`, too."""
    assert registry.architectures.get("spacy.Tagger.v2") is registry.get("architectures", "freshet.Tagger.v1")
    assert "spacy.extract_ngrams.v1" in registry.layers
    assert "spacy.Tagger.v2" in registry.architectures.get_all()
    assert registry.has("architectures", "spacy-legacy.Tok2Vec.v1")
    assert registry.has("loggers", "spacy-legacy.ConsoleLogger.v1")
    assert "nope" not in registry.architectures
    with pytest.raises(ValueError, match="there are"):
        registry.architectures.get("nope")


def test_a_missing_config_or_meta_data_is_a_missing_file(tmp_path: Path) -> None:
    """`except OSError`."""
    with pytest.raises(FileNotFoundError):
        util.load_config(tmp_path / "none.cfg")
    with pytest.raises(FileNotFoundError):
        util.load_meta(tmp_path / "meta.json")


def test_models_and_features_have_their_documented_modules(tmp_path: Path) -> None:
    """What own architectures and own languages import."""
    script = read(
        """
from spacy.lang.char_classes import LATIN_LOWER, group_chars
from spacy.lang.en.lex_attrs import like_num
from spacy.lang.lex_attrs import is_punct, is_stop, word_shape
from spacy.ml import FeatureExtractor, StaticVectors
from spacy.ml.extract_ngrams import extract_ngrams
from spacy.ml.models import build_bow_text_classifier, build_text_classifier_v2
from spacy.ml.models.spancat import build_mean_max_reducer
from spacy.training import Alignment
found = is_punct("!"), like_num("ten"), word_shape("Abc1"), is_stop("The", {"the"}), "a-z" in LATIN_LOWER
places = Alignment.from_strings(A=["ab"], B=["a", "b"]).x2y[0]
""",
        tmp_path,
    )
    assert script.found == (True, True, "Xxxd", True, True)
    assert list(script.places) == [0, 1]


def test_markup_goes_through_a_wrapper(doc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`displacy.set_render_wrapper`."""
    drawing = sys.modules["engine.displacy.render"]
    monkeypatch.setattr(drawing, "_wrap", drawing._wrap)  # to have it back
    displacy.set_render_wrapper(lambda html: f"<main>{html}</main>")
    assert displacy.render(doc, style="ent").startswith("<main>")
    with pytest.raises(ValueError, match="function"):
        displacy.set_render_wrapper("x")  # type: ignore[arg-type]  # that is the test


def test_entities_of_a_copy_fit_the_document(doc: Any) -> None:
    """`doc.ents = other.ents` where both have the same words."""
    other: Any = engine.blank("en").make_doc(doc.text)
    other.ents = [Span(other, 3, 5, label="GPE")]
    doc.ents = other.ents
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("New York", "GPE")]
    with pytest.raises(ValueError, match="of another one"):
        doc.ents = Doc(doc.vocab, words=["a"], ents=["B-X"]).ents


def test_an_embedding_says_who_listens() -> None:
    """`listeners`, `listening_components`, `find_listeners`, `remove_listener`."""
    nlp = engine.blank("en")
    shared: Any = nlp.add_pipe("tok2vec")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}
    tagger: Any = nlp.add_pipe(
        "tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": listener}}
    )
    assert shared.listening_components == ["tagger"]
    (node,) = shared.listeners
    assert shared.remove_listener(node, "tagger")
    assert not shared.remove_listener(node, "tagger")
    shared.find_listeners(tagger)
    assert shared.listener_map == {"tagger": [node]}
    nlp.remove_pipe("tagger")
    assert shared.listeners == []


def test_categories_that_exclude_each_other_do_not_apply_together() -> None:
    """Two ones in the gold of `textcat` are refused, as documented."""
    nlp = engine.blank("en")
    nlp.add_pipe("textcat")
    both = Example.from_dict(nlp.make_doc("a b"), {"cats": {"A": 1.0, "B": 1.0}})
    with pytest.raises(ValueError, match="textcat_multilabel"):
        nlp.initialize(lambda: [both])
