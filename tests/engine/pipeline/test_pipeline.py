# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
from thinc.api import Adam

import engine
from engine import ConfigError, EngineError, Pipeline, registry
from engine.components import EmbeddingComponent, SentenceRecognizer, TrainableComponent
from engine.doc.example_batch import batch_of
from engine.vocab.lexemes import LexemeTable

from ..gradients import parameters
from ..toy import (
    LISTENER,
    TOK2VEC,
    alone,
    layers_of,
    shared,
    tagger_model,
    toy_config,
    toy_examples,
    toy_pipeline,
    weights,
)

HEADS = ("tagger", "morphologizer", "senter", "ner", "textcat")


def test_pipe_keeps_order_and_context() -> None:
    """Documents come in the order of the texts, however many threads, and contexts stay with their texts."""
    nlp = toy_pipeline(shared("tagger"))
    texts = [f"Text number {i}" + " again" * (i % 7) for i in range(60)]
    assert [doc.text for doc in nlp.pipe(texts, n_threads=3, batch_size=4)] == texts
    pairs = list(
        nlp.pipe(((text, i) for i, text in enumerate(texts)), as_tuples=True, n_threads=2, batch_size=7)
    )
    assert [(doc.text, i) for doc, i in pairs] == list(zip(texts, range(60), strict=True))


def test_pipe_is_lazy() -> None:
    """An endless stream is read no further than a few slices ahead."""
    nlp = toy_pipeline(alone("sentencizer"))
    read = []

    def endless() -> object:
        while True:
            read.append(1)
            yield "Rain fell."

    docs = nlp.pipe(endless(), batch_size=2, n_threads=2)
    assert next(docs).text == "Rain fell."
    assert len(read) <= 12
    docs.close()


def test_shared_gradient_is_the_sum_of_the_heads_in_any_order() -> None:
    """The embedding's gradient does not depend on the order of the heads, and is the sum of the heads
    alone."""
    alone_sum = sum(_embedding_gradient((head,)) for head in ("tagger", "senter", "ner"))
    for order in permutations(("tagger", "senter", "ner")):
        assert np.allclose(_embedding_gradient(order), alone_sum, atol=1e-3)


def _embedding_gradient(heads: tuple[str, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    nlp = toy_pipeline(shared("tagger", "senter", "ner"))
    for node, name in parameters(nlp):
        node.set_param(
            name,
            np.random.default_rng(node.get_param(name).size)
            .normal(0, 0.3, node.get_param(name).shape)
            .astype("float32"),
        )
    nlp.components = [
        (name, c) for wanted in ("tok2vec", *heads) for name, c in nlp.components if name == wanted
    ]
    nlp.update(toy_examples(nlp), sgd=False)
    model = nlp.component("tok2vec").model  # type: ignore[attr-defined]
    return np.concatenate([node.get_grad(name).ravel() for node in model.walk() for name in node.param_names])


def test_all_heads_learn_together_on_one_embedding() -> None:
    """A shared pipeline learns the toy corpus by heart, every layer of it."""
    nlp = toy_pipeline(shared(*HEADS))
    examples = toy_examples(nlp)
    optimizer = Adam(0.02)
    for _ in range(60):
        losses = nlp.update(examples, dropout=0.1, optimizer=optimizer)
    assert set(losses) == {"tok2vec", *HEADS}
    scores = nlp.evaluate(examples)
    assert [
        scores[name] for name in ("tag_acc", "pos_acc", "morph_acc", "sents_f", "ents_f", "cats_macro_f")
    ] == [1.0] * 6


def test_frozen_components_do_not_change() -> None:
    """Neither a frozen head nor a frozen embedding changes; the others do."""
    nlp = toy_pipeline(shared("tagger", "senter"))
    before = weights(nlp)
    nlp.update(toy_examples(nlp), optimizer=Adam(0.1), exclude=["tok2vec", "senter"])
    changed = {
        name.split("/")[0] for name, array in weights(nlp).items() if not np.array_equal(array, before[name])
    }
    assert changed == {"tagger"}


def test_annotating_component_is_seen_by_those_after_it() -> None:
    """Entities learn with the sentence starts that an annotating component before them writes."""
    sections = {"sentencizer": {"factory": "sentencizer"}, **alone("ner")}
    nlp = toy_pipeline(sections)
    seen = []
    component = nlp.component("ner")
    original = component.update  # type: ignore[attr-defined]

    def update(batch: engine.Batch, *args: object, **settings: object) -> None:
        seen.append(batch.sent_starts is not None)
        original(batch, *args, **settings)

    component.update = update  # type: ignore[attr-defined]
    nlp.update(toy_examples(nlp), sgd=False)
    nlp.update(toy_examples(nlp), sgd=False, annotates=["sentencizer"])
    assert seen == [False, True]


def test_several_embeddings_live_side_by_side() -> None:
    """A listener names the embedding that it reads, and only that one gets its gradient."""
    sections = {
        "first": {"factory": "tok2vec", "model": dict(TOK2VEC)},
        "second": {"factory": "tok2vec", "model": dict(TOK2VEC)},
        "tagger": {"factory": "tagger", "model": tagger_model({**LISTENER, "upstream": "first"})},
        "senter": {"factory": "senter", "model": tagger_model({**LISTENER, "upstream": "*"})},
    }
    nlp = toy_pipeline(sections)
    before = weights(nlp)
    for _ in range(2):
        nlp.update(toy_examples(nlp), optimizer=Adam(0.1), exclude=["senter"])
    after = weights(nlp)
    changed = {name.split("/")[0] for name in before if not np.array_equal(after[name], before[name])}
    assert changed == {"first", "tagger"}


def test_gradient_factor_scales_what_the_embedding_gets() -> None:
    """A head with factor 0 trains itself and leaves the embedding alone."""
    sections = shared("tagger")
    sections["tagger"]["model"] = tagger_model({**LISTENER, "grad_factor": 0.0})
    nlp = toy_pipeline(sections)
    before = weights(nlp)
    for _ in range(2):
        nlp.update(toy_examples(nlp), optimizer=Adam(0.1, L2=0.0))
    after = weights(nlp)
    changed = {name.split("/")[0] for name in before if not np.allclose(after[name], before[name])}
    assert changed == {"tagger"}


def test_averages_are_used_inside_only() -> None:
    """With averaged weights the pipeline predicts by them, and has its own back afterwards."""
    nlp = toy_pipeline(shared("tagger"))
    optimizer = Adam(0.5, use_averages=True)
    for _ in range(3):
        nlp.update(toy_examples(nlp), optimizer=optimizer)
    before = weights(nlp)
    with nlp.use_averages(optimizer):
        assert any(not np.array_equal(array, before[name]) for name, array in weights(nlp).items())
    assert all(np.array_equal(array, before[name]) for name, array in weights(nlp).items())


def test_accumulated_gradients_are_those_of_the_whole() -> None:
    """Two updates without optimizer, then one step, change weights as one update with both parts."""
    results = []
    for parts in ((0, 2), (0, 1, 2)):
        nlp = toy_pipeline(shared("tagger"))
        examples = toy_examples(nlp)
        for start, end in pairwise(parts):
            nlp.update(examples[start:end], sgd=False)
        nlp.finish_update(Adam(0.1))
        results.append(weights(nlp))
    assert all(np.allclose(array, results[1][name], atol=1e-3) for name, array in results[0].items())


def test_disabled_and_excluded_components_do_not_run(tmp_path: object) -> None:
    """A disabled component is there and does not run; an excluded one is not there."""
    nlp = toy_pipeline(shared("tagger", "senter"))
    nlp.to_disk(f"{tmp_path}/m")
    disabled = engine.load(f"{tmp_path}/m", disable=["senter"])
    assert disabled.names == ["tok2vec", "tagger"]
    assert isinstance(disabled.component("senter"), SentenceRecognizer)
    assert [name for name, _ in engine.load(f"{tmp_path}/m", exclude=["senter"]).components] == [
        "tok2vec",
        "tagger",
    ]
    with pytest.raises(EngineError, match="there are: tok2vec, tagger, senter"):
        engine.load(f"{tmp_path}/m", exclude=["parser"])


def test_callbacks_run_in_their_places() -> None:
    """`before_creation` gets the class, `after_creation` an empty pipeline, `after_pipeline_creation` the
    finished one."""
    seen: list[tuple[str, object]] = []

    @registry.callbacks("test_pipeline.note.v1")
    def configure(name: str) -> object:
        def note(value: object) -> object:
            seen.append((name, value.names if isinstance(value, Pipeline) else value))
            return value

        return note

    config = toy_config(alone("sentencizer"))
    for key in ("before_creation", "after_creation", "after_pipeline_creation"):
        config["nlp"][key] = {"@callbacks": "test_pipeline.note.v1", "name": key}
    engine.build(config)
    (first, lang_class), *others = seen
    assert first == "before_creation"
    assert isinstance(lang_class, type)
    assert issubclass(lang_class, Pipeline)
    assert others == [("after_creation", []), ("after_pipeline_creation", ["sentencizer"])]


def test_callback_that_returns_nothing_is_named() -> None:
    """A forgotten `return` is an error that says so."""

    @registry.callbacks("test_pipeline.nothing.v1")
    def configure() -> object:
        return lambda nlp: None

    config = toy_config(alone("sentencizer"))
    config["nlp"]["after_creation"] = {"@callbacks": "test_pipeline.nothing.v1"}
    with pytest.raises(
        ConfigError, match="nlp -> after_creation: expected the callback to return a Pipeline, got NoneType"
    ):
        engine.build(config)


def test_initialize_settings_give_labels() -> None:
    """`[initialize.components.X] labels` stands in for the search through the corpus."""
    config = toy_config(alone("tagger"))
    config["initialize"]["components"] = {"tagger": {"labels": ["B", "A"]}}
    nlp = engine.build(config)
    nlp.initialize(lambda: toy_examples(nlp))
    assert nlp.labels == {"tagger": ["B", "A"]}


def test_labels_are_missing_from_the_corpus() -> None:
    """A head without anything to learn says which labels it looked for."""
    nlp = engine.build(toy_config(alone("tagger")))
    with pytest.raises(EngineError, match="examples with tags to initialize 'tagger'"):
        nlp.initialize(lambda: [])


def test_untrained_component_says_so() -> None:
    """Predicting before initializing is an error that says what to call."""
    with pytest.raises(EngineError, match=r"'tagger' to have weights; call pipeline.initialize"):
        engine.build(toy_config(alone("tagger")))("Rain.")


def test_sourced_component_keeps_its_weights(tmp_path: object) -> None:
    """`source` takes a trained component from a saved pipeline; initializing leaves it alone."""
    first = toy_pipeline(shared("tagger"))
    first.to_disk(f"{tmp_path}/m")
    sections = {
        "tok2vec": {"source": f"{tmp_path}/m"},
        "labels": {"source": f"{tmp_path}/m", "component": "tagger"},
        **alone("senter"),
    }
    nlp = toy_pipeline(sections, seed=9)
    assert nlp("Ada met Grace.").tags == first("Ada met Grace.").tags
    assert nlp.names == ["tok2vec", "labels", "senter"]


def test_examples_over_two_lexeme_tables_make_one_batch() -> None:
    """When the tokenizer has started a fresh table, older examples move over with their words and norms."""
    nlp = toy_pipeline(shared("tagger"))
    old = toy_examples(nlp)
    batch, rules = old[0].predicted.batch, nlp.tokenizer.rule_set
    fresh = LexemeTable(rules.norms, rules.norms_by_id)
    moved = replace(batch, lexeme_ids=fresh.adopt(batch.lexemes, batch.lexeme_ids), lexemes=fresh)
    mixed = [engine.Example(engine.Doc(moved, 0), old[0].reference), old[1]]
    one, two = batch_of(old, nlp.tokenizer), batch_of(mixed, nlp.tokenizer)
    for name in ("NORM", "SHAPE"):
        ids = [batch.lexemes.attribute(name)[batch.lexeme_ids] for batch in (one, two)]
        assert np.array_equal(*ids)


def test_digest_follows_the_weights() -> None:
    """Learning changes the digest; the same weights have the same one."""
    nlp, twin = toy_pipeline(shared("tagger")), toy_pipeline(shared("tagger"))
    assert nlp.digest == twin.digest
    nlp.update(toy_examples(nlp), optimizer=Adam(0.1))
    assert nlp.digest != twin.digest


def test_update_of_nothing_changes_nothing() -> None:
    """No examples, or only texts without tokens, are no error."""
    nlp = toy_pipeline(shared(*HEADS))
    empty = engine.Example(nlp.tokenizer(""), nlp.tokenizer.from_words([]))
    assert nlp.update([]) == {}
    assert nlp.update([empty], optimizer=Adam(0.1)) == {}


def test_batch_of_empty_and_full_examples_is_learned() -> None:
    """A text without tokens amid others disturbs no head."""
    nlp = toy_pipeline(shared(*HEADS))
    empty = engine.Example(nlp.tokenizer(""), nlp.tokenizer.from_words([]))
    losses = nlp.update([empty, *toy_examples(nlp), empty], optimizer=Adam(0.01))
    assert all(np.isfinite(value) for value in losses.values())


def test_reading_results_does_not_change_them() -> None:
    """Two runs over one text find the same."""
    nlp = toy_pipeline(shared(*HEADS))
    assert layers_of(nlp("Ada met Grace Hopper.")) == layers_of(nlp("Ada met Grace Hopper."))
    assert isinstance(nlp.component("tok2vec"), EmbeddingComponent)
    assert isinstance(nlp.component("tagger"), TrainableComponent)


def test_precision_and_device_choose_what_computes(tmp_path: object) -> None:
    """Named back ends give the same annotations; a device or precision that there is not says what there
    is."""
    toy_pipeline(shared(*HEADS)).to_disk(f"{tmp_path}/m")
    plain = engine.load(f"{tmp_path}/m", precision="fp32")
    assert layers_of(plain("Ada met Grace Hopper.")) == layers_of(
        engine.load(f"{tmp_path}/m")("Ada met Grace Hopper.")
    )
    with pytest.raises(EngineError, match="expected precision 'auto' or one of"):
        engine.load(f"{tmp_path}/m", precision="fp99")("Rain.")


def test_weights_to_begin_with_must_be_there() -> None:
    """A setting of `[initialize]` that cannot be followed is an error, not passed over."""
    nlp = engine.build(toy_config(alone("tagger")))
    nlp.config["initialize"]["init_tok2vec"] = "weights.bin"
    with pytest.raises(EngineError, match="init_tok2vec: expected a file of pretrained weights"):
        nlp.initialize(lambda: toy_examples(nlp))
