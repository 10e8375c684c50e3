# SPDX-License-Identifier: Apache-2.0
"""The Language object as its documentation shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import engine
from engine import Doc, Example, Language
from tests.documentation.rows import row


@pytest.fixture
def nlp() -> Language:
    """A pipeline of three rule components."""
    nlp = engine.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "Lima"}])
    nlp.add_pipe("merge_entities", name="merger")
    return nlp


@row("K10.14", "K10.15")
def test_names_and_components_are_read_in_order(nlp: Language) -> None:
    """Disabled ones are components, but none that run."""
    nlp.disable_pipe("merger")
    assert nlp.pipe_names == ["sentencizer", "entity_ruler"]
    assert nlp.component_names == ["sentencizer", "entity_ruler", "merger"]
    assert [name for name, _ in nlp.pipeline] == nlp.pipe_names
    assert [name for name, _ in nlp.components] == nlp.component_names
    assert nlp.disabled == ["merger"]
    assert nlp.pipe_factories == {"sentencizer": "sentencizer", "entity_ruler": "entity_ruler"}
    assert nlp.has_pipe("sentencizer")
    assert not nlp.has_pipe("ner")
    assert nlp.get_pipe("merger") is dict(nlp.components)["merger"]


@row("K10.16")
def test_a_component_is_added_before_after_first_or_last(nlp: Language) -> None:
    """Places are names or positions; two at once are refused."""
    nlp.add_pipe("sentencizer", name="a", first=True)
    nlp.add_pipe("sentencizer", name="b", before="entity_ruler")
    nlp.add_pipe("sentencizer", name="c", after="entity_ruler")
    nlp.add_pipe("sentencizer", name="d", last=True)
    nlp.add_pipe("sentencizer", name="e", before=1)
    assert nlp.pipe_names == ["a", "e", "sentencizer", "b", "entity_ruler", "c", "merger", "d"]
    with pytest.raises(ValueError, match="one of before, after, first, last, got before and last"):
        nlp.add_pipe("sentencizer", name="f", before="a", last=True)
    with pytest.raises(ValueError, match=r"expected before as the name of a component, got 'x'; there are"):
        nlp.add_pipe("sentencizer", name="f", before="x")
    with pytest.raises(ValueError, match="expected a new name of a component, got 'a'"):
        nlp.add_pipe("sentencizer", name="a")
    with pytest.raises(ValueError, match=r"registered function of \[factories\], got 'nothing'"):
        nlp.add_pipe("nothing")


@row("K10.17")
def test_components_are_removed_renamed_and_replaced(nlp: Language) -> None:
    """The config says the same as the components."""
    name, removed = nlp.remove_pipe("merger")
    assert (name, type(removed).__name__) == ("merger", "Merger")
    nlp.rename_pipe("entity_ruler", "places")
    replaced = nlp.replace_pipe("sentencizer", "sentencizer", config={"punct_chars": ["!"]})
    assert nlp.pipe_names == ["sentencizer", "places"]
    assert nlp.get_pipe("sentencizer") is replaced
    assert nlp.config["nlp"]["pipeline"] == ["sentencizer", "places"]
    assert nlp.config["components"]["sentencizer"]["punct_chars"] == ["!"]
    assert set(nlp.config["components"]) == {"sentencizer", "places"}
    with pytest.raises(KeyError, match="got 'merger'; there are: sentencizer, places"):
        nlp.remove_pipe("merger")


@row("K10.13", "K10.18")
def test_components_are_switched_off_for_a_while(nlp: Language) -> None:
    """By `select_pipes` or `disable_pipes`, in a block or until `restore`."""
    with nlp.select_pipes(enable="sentencizer") as disabled:
        assert nlp.pipe_names == ["sentencizer"]
        assert disabled == ["entity_ruler", "merger"]
    off = nlp.disable_pipes("sentencizer", "merger")
    assert nlp.pipe_names == ["entity_ruler"]
    off.restore()
    with nlp.select_pipes(disable=["merger"]):
        assert nlp.pipe_names == ["sentencizer", "entity_ruler"]
    assert nlp.pipe_names == ["sentencizer", "entity_ruler", "merger"]
    with pytest.raises(ValueError, match="got neither"):
        nlp.select_pipes()


@row("K10.19")
def test_a_pipeline_says_what_its_components_need(nlp: Language, capsys: pytest.CaptureFixture[str]) -> None:
    """What is needed and not set before is a problem."""
    nlp.remove_pipe("entity_ruler")
    analysis = nlp.analyze_pipes(pretty=True)
    assert analysis["problems"]["merger"] == ["doc.ents", "token.ent_iob", "token.ent_type"]
    assert analysis["summary"]["sentencizer"]["assigns"] == ["token.is_sent_start", "doc.sents"]
    assert "Pipeline Overview" in capsys.readouterr().out


@row("K10.20", "K10.21")
def test_meta_says_what_the_pipeline_is(nlp: Language, tmp_path: Path) -> None:
    """Language, components and labels are always those of now; the rest is free."""
    assert (nlp.meta["lang"], nlp.meta["components"]) == ("en", nlp.component_names)
    assert nlp.path is None
    nlp.meta["author"] = "Ada"
    nlp.to_disk(tmp_path)
    again = engine.load(tmp_path)
    assert (again.meta["author"], again.path, again.lang) == ("Ada", tmp_path, "en")


@row("J10", "K10.10", "K10.11")
def test_documents_go_through_the_pipeline_as_texts_do(nlp: Language) -> None:
    """`nlp(doc)` and `nlp.pipe(docs)` annotate the document that was given."""
    doc = nlp.make_doc("She lives in Lima. So what?")
    assert isinstance(doc, Doc)
    assert nlp(doc) is doc
    assert [ent.text for ent in doc.ents] == ["Lima"]
    docs = [nlp.make_doc(text) for text in ("To Lima.", "From Lima to Lima!")]
    assert list(nlp.pipe(docs)) == docs
    assert [len(each.ents) for each in docs] == [1, 2]


@row("K10.08", "K10.12")
def test_a_stream_keeps_contexts_and_leaves_components_out(nlp: Language) -> None:
    """`as_tuples` and `disable`."""
    pairs = [("To Lima.", {"id": 1}), (nlp.make_doc("Lima, too."), {"id": 2})]
    for doc, context in nlp.pipe(pairs, as_tuples=True, batch_size=1, disable=["entity_ruler"]):
        assert list(doc.ents) == []
        assert context["id"] in (1, 2)


def test_what_is_no_text_is_refused(nlp: Language) -> None:
    """The message says what came; no text is too long silently."""
    with pytest.raises(ValueError, match="expected a text or a document, got None"):
        nlp(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="got bytes, 3 of them; decode them first"):
        nlp(b"abc")  # type: ignore[arg-type]
    nlp.max_length = 10
    with pytest.raises(ValueError, match="at most 10 characters, got 12"):
        nlp("twelve chars")


@row("K10.22")
def test_an_error_handler_lets_a_stream_go_on(nlp: Language) -> None:
    """It hears of a bad item and of a component's error; without one both are raised."""
    heard: list[tuple[str, str]] = []

    @Language.component("picky_component")
    def picky(doc: Doc) -> Doc:
        if doc.text == "bad":
            raise RuntimeError("no")
        return doc

    nlp.add_pipe("picky_component")
    texts: list[Any] = ["good", None, "bad", "better"]
    with pytest.raises(ValueError, match="got None"):
        list(nlp.pipe(texts))
    nlp.set_error_handler(lambda name, proc, docs, error: heard.append((name, type(error).__name__)))
    assert [doc.text for doc in nlp.pipe(texts)] == ["good", "better"]
    assert heard == [("tokenizer", "InputError"), ("picky_component", "RuntimeError")]


@row("K10.24", "K10.25", "K10.26")
def test_a_part_of_a_pipeline_is_loaded(nlp: Language, tmp_path: Path) -> None:
    """`enable`, `disable`, `exclude`, and other values of the config."""
    nlp.to_disk(tmp_path)
    assert engine.load(tmp_path, enable=["sentencizer"]).pipe_names == ["sentencizer"]
    assert engine.load(tmp_path, disable="merger").disabled == ["merger"]
    assert engine.load(tmp_path, exclude=["merger"]).component_names == ["sentencizer", "entity_ruler"]
    other = engine.load(tmp_path, config={"nlp": {"batch_size": 7}, "components.sentencizer.overwrite": True})
    assert other.batch_size == 7
    assert other.get_pipe("sentencizer").overwrite is True


@row("K10.06", "K10.07")
def test_a_pipeline_goes_through_bytes_and_a_folder(nlp: Language, tmp_path: Path) -> None:
    """A pipeline made of the same config takes over what the bytes or the folder hold."""
    others = [type(nlp).from_config(nlp.config), Language.from_config(nlp.config)]
    nlp.to_disk(tmp_path)
    for other in (others[0].from_bytes(nlp.to_bytes()), others[1].from_disk(tmp_path)):
        assert [ent.text for ent in other("To Lima.").ents] == ["Lima"]


@row("F03", "C12")
def test_a_config_makes_a_pipeline() -> None:
    """`Language.from_config` fills what is missing; `blank` takes a config, too."""
    config = {"nlp": {"lang": "en", "pipeline": ["s"]}, "components": {"s": {"factory": "sentencizer"}}}
    assert Language.from_config(config).pipe_names == ["s"]
    assert engine.blank("en", config={"nlp.batch_size": 3}).batch_size == 3


@row("M01")
def test_a_function_of_ones_own_is_a_component(capsys: pytest.CaptureFixture[str]) -> None:
    """Registered by a decorator, added by name."""

    @Language.component("info_component")
    def my_component(doc: Doc) -> Doc:
        print(f"After tokenization, this doc has {len(doc)} tokens.")
        return doc

    nlp = engine.blank("en")
    nlp.add_pipe("info_component", name="print_info", last=True)
    assert nlp.pipe_names == ["print_info"]
    assert nlp.get_pipe("print_info") is my_component
    nlp("This is a sentence.")
    assert capsys.readouterr().out == "After tokenization, this doc has 5 tokens.\n"


def test_a_component_that_returns_nothing_is_named() -> None:
    """The commonest mistake has its own message."""
    Language.component("forgetful_component", func=lambda doc: None)
    nlp = engine.blank("en")
    nlp.add_pipe("forgetful_component")
    with pytest.raises(ValueError, match="'forgetful_component' to return the document, got NoneType"):
        nlp("Rain.")


@pytest.mark.parametrize("anew", [False, True])
def test_what_a_component_gives_back_is_read_with_the_adapter_that_was_chosen(anew: bool) -> None:
    """Documents with other tokens, or made anew, are of the same tenant; only their encoder comes later."""

    def change(doc: Doc) -> Doc:
        if anew:
            return Doc(doc.vocab, words=["Lima"])
        with doc.retokenize() as changes:
            changes.merge(doc[0:2])
        return doc

    name = f"changing_component_{anew}"
    Language.component(name, func=change)
    nlp = engine.blank("en")
    nlp.add_pipe(name)
    batch = nlp.tokenizer.tokenize(["New York", "San Juan"])
    batch.adapters = ["north", None]
    assert nlp.predict_batch(batch).n_tokens == 2
    assert batch.adapters == ["north", None]


class Keeper:
    """Counts documents and keeps the count."""

    def __init__(self, nlp: Language, name: str, step: int, data: dict[str, Any] | None) -> None:
        self.nlp, self.name, self.step = nlp, name, step
        self.words: list[str] = []
        self.seen = 0

    def __call__(self, doc: Doc) -> Doc:
        """Count."""
        self.seen += self.step
        return doc

    def initialize(self, get_examples: Any, nlp: Language, words: list[str]) -> None:
        """Take words from the config."""
        self.words = words

    def to_disk(self, path: Path, exclude: Any = ()) -> None:
        """Write the words."""
        path.mkdir(exist_ok=True)
        (path / "data.json").write_text(json.dumps(self.words))

    def from_disk(self, path: Path, exclude: Any = ()) -> Keeper:
        """Read the words."""
        self.words = json.loads((path / "data.json").read_text())
        return self


Language.factory("keeper_factory", default_config={"step": 1, "data": {"deep": True}}, func=Keeper)


@row("M03", "M04", "M05", "M10", "M11")
def test_a_class_of_ones_own_has_settings_data_and_files(tmp_path: Path) -> None:
    """It gets the pipeline, its defaults, `[initialize]` settings, and reads what it wrote."""
    nlp = engine.blank("en")
    keeper = nlp.add_pipe("keeper_factory", config={"step": 2})
    assert (keeper.nlp, keeper.step) == (nlp, 2)
    assert nlp.get_pipe_config("keeper_factory")["data"] == {"deep": True}
    nlp.config["initialize"]["components"]["keeper_factory"] = {"words": ["x", "y"]}
    nlp.initialize()
    assert [doc.text for doc in nlp.pipe(["a", "b"])] == ["a", "b"]
    assert (keeper.words, keeper.seen) == (["x", "y"], 4)
    nlp.to_disk(tmp_path)
    assert engine.load(tmp_path).get_pipe("keeper_factory").words == ["x", "y"]


@row("N05")
def test_what_a_factory_says_of_itself_is_kept() -> None:
    """Attributes, scores and their weights."""

    @Language.factory(
        "scored_factory", assigns=["doc._.x"], requires=["token.tag"], default_score_weights={"x_acc": 1.0}
    )
    def create(nlp: Language, name: str) -> Any:
        return lambda doc: doc

    meta = Language.get_factory_meta("scored_factory")
    assert (meta.assigns, meta.requires, meta.scores) == (("doc._.x",), ("token.tag",), ("x_acc",))
    nlp = engine.blank("en")
    nlp.add_pipe("scored_factory", name="mine")
    assert nlp.get_pipe_meta("mine").default_score_weights == {"x_acc": 1.0}
    assert nlp.get_pipe_meta("mine").factory == "scored_factory"


@row("M06")
def test_a_factory_of_one_language_stays_there() -> None:
    """Another language has another factory of the same name, or none."""
    for lang in ("en", "xx"):
        kind = type(engine.blank(lang))
        kind.factory("tongue", func=_maker_of(lang))
    for lang in ("en", "xx"):
        nlp = engine.blank(lang)
        nlp.add_pipe("tongue")
        assert nlp("a").cats == {lang: 1.0}


def _maker_of(lang: str) -> Any:
    def create(nlp: Language, name: str) -> Any:
        def annotate(doc: Doc) -> Doc:
            doc.set_cats({lang: 1.0})
            return doc

        return annotate

    create.__qualname__ = f"create_{lang}"
    return create


@row("I06", "I07", "K10.03", "K07", "K08", "K09")
def test_learning_makes_and_keeps_an_optimizer() -> None:
    """`initialize` gives one; `update` without one uses it, and learns."""
    nlp = engine.blank("en")
    nlp.add_pipe("tagger")
    examples = [_tagged(nlp, "Ada met Grace", ["NNP", "VBD", "NNP"])]
    optimizer = nlp.begin_training(lambda: examples)
    assert optimizer is nlp.initialize(lambda: examples)
    losses: dict[str, float] = {}
    nlp.update(examples, drop=0.2, sgd=nlp.create_optimizer(), losses=losses)
    for _ in range(20):
        nlp.update(examples)
    assert losses["tagger"] > nlp.update(examples)["tagger"]
    assert nlp("Ada met Grace").tags == ["NNP", "VBD", "NNP"]
    with pytest.raises(engine.EngineError, match=r"got texts and annotations as of version 2"):
        nlp.update(["a"], [{}])  # type: ignore[list-item]


def _tagged(nlp: Language, text: str, tags: list[str]) -> Example:
    gold = nlp.make_doc(text)
    gold.set_tags(tags)
    return Example(nlp.make_doc(text), gold)
