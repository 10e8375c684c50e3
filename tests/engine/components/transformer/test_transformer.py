# SPDX-License-Identifier: Apache-2.0
"""The component `transformer` on tiny encoders made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thinc.api import fix_random_seed, reduce_max

import engine
from engine import Doc, Example, Pipeline, registry
from engine.cli.init_config import init_config
from engine.components.transformer.listener import TransformerListener
from engine.components.transformer.span_getters import StridedSpans, spans_of_batch
from engine.components.transformer.transformer import Transformer
from engine.doc.gather import gather
from engine.errors import EngineError
from engine.extras import TRANSFORMERS
from engine.transformer import TransformerError
from tests.engine.tiny_encoder import (
    LISTENER,
    WIDTH,
    encoder_config,
    ner_block,
    tagger_block,
    transformer_block,
    write_encoder,
)
from tests.engine.toy import toy_examples

pytestmark = pytest.mark.skipif(not TRANSFORMERS.is_installed, reason="needs freshet[transformers]")

TEXTS = ["Ada met Grace Hopper.", "They live in Kigali. New York City sleeps", "Rain fell?", "", "  \n "]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder in Hugging Face's layout."""
    return write_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


def initialized(folder: Path, **components: Any) -> Pipeline:
    """A pipeline whose weights are drawn, those of the encoder read."""
    nlp = engine.from_config(engine.fill_config(encoder_config(folder, **components)))
    fix_random_seed(0)
    nlp.initialize(lambda: toy_examples(nlp))
    return nlp


@pytest.fixture(scope="module")
def nlp(folder: Path) -> Pipeline:
    """A pipeline of encoder, tagger and entities."""
    return initialized(folder)


def test_heads_learn_through_one_encoder(folder: Path) -> None:
    """Losses of all fall, the encoder's weights move, and the words' tags are learned."""
    nlp = initialized(folder)
    part = nlp.get_pipe("transformer").part
    before = part.sync().state()
    optimizer = registry.get("optimizers", "freshet.AdamW.v1")(learn_rate=0.003)
    losses: list[dict[str, float]] = []
    for _ in range(25):
        losses.append(nlp.update(toy_examples(nlp), drop=0.1, sgd=optimizer))
    after = part.sync().state()
    assert losses[-1]["tagger"] < losses[0]["tagger"]
    assert set(losses[0]) == {"transformer", "tagger", "ner"}
    assert any(np.abs(after[name] - before[name]).max() > 1e-4 for name in before)
    assert nlp.evaluate(toy_examples(nlp))["tag_acc"] > 0.8


def test_one_seed_gives_one_pipeline(folder: Path) -> None:
    """Twice the same weights after updates with dropout."""

    def trained() -> dict[str, Any]:
        nlp = initialized(folder)
        for _ in range(2):
            nlp.update(toy_examples(nlp), drop=0.1)
        return dict(nlp.get_pipe("transformer").part.sync().state())

    first, second = trained(), trained()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_gradients_of_listeners_add_up_weighted(folder: Path) -> None:
    """Two heads, one of which counts half: the rows' gradient is the weighted sum, and so is the loss."""
    nlp = initialized(folder, transformer=transformer_block(folder), tagger=tagger_block())
    batch = nlp.tokenizer.tokenize(TEXTS[:3])
    component = nlp.get_pipe("transformer")
    backward = component.forward(batch, dropout=0.0)
    nodes = []
    for factor in (1.0, 0.5):
        node = TransformerListener(registry.get("layers", "reduce_sum.v1")(), grad_factor=factor)
        node.attrs["source"] = "transformer"
        nodes.append(node)
    ones = np.ones((batch.n_tokens, WIDTH), dtype=np.float32)
    for node in nodes:
        node.begin_update(batch)[1](ones)
    rows = batch.pieces["transformer"]
    counts = np.bincount(rows.alignment.rows, minlength=len(rows.rows)).astype(np.float32)
    np.testing.assert_allclose(batch.grads["transformer"], 1.5 * counts[:, None] * np.ones((1, WIDTH)))
    losses: dict[str, float] = {}
    backward(losses)
    assert losses["transformer"] == pytest.approx(1.25 * WIDTH * float((counts**2).sum()))


def test_a_schedule_of_grad_factor_moves_on(folder: Path) -> None:
    """The encoder is frozen at first, then learns."""
    schedule = {
        "@schedules": "constant_then.v1",
        "rate": 0.0,
        "steps": 1,
        "schedule": {"@schedules": "constant.v1", "rate": 1.0},
    }
    listener = {**LISTENER, "grad_factor": schedule}
    nlp = initialized(folder, transformer=transformer_block(folder), tagger=tagger_block(listener))
    losses = [nlp.update(toy_examples(nlp), drop=0.0)["transformer"] for _ in range(3)]
    assert losses[0] == 0.0
    assert losses[2] > 0.0


def test_what_is_saved_loads_and_goes_on(nlp: Pipeline, tmp_path: Path) -> None:
    """Folder and bytes give the same annotations, with files of the tokenizer and one of weights a layer."""
    wanted = [doc.to_json() for doc in nlp.pipe(TEXTS)]
    nlp.to_disk(tmp_path / "saved")
    loaded = engine.load(tmp_path / "saved")
    assert [doc.to_json() for doc in loaded.pipe(TEXTS)] == wanted
    names = {file.name for file in (tmp_path / "saved" / "transformer").iterdir()}
    assert {"tokenizer.json", "tokenizer_config.json", "weights.001.embeddings.safetensors"} <= names
    other = engine.from_config(nlp.config).from_bytes(nlp.to_bytes())
    assert [doc.to_json() for doc in other.pipe(TEXTS)] == wanted
    loaded.update(toy_examples(loaded), drop=0.1)


def test_saved_pipelines_need_neither_the_folder_nor_a_network(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoder's own place may be gone."""
    own = write_encoder(tmp_path / "mine")
    initialized(own).to_disk(tmp_path / "saved")
    for file in own.iterdir():
        file.unlink()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert len(engine.load(tmp_path / "saved")("Ada met Grace.")) == 4


def test_batches_say_what_single_texts_say(nlp: Pipeline) -> None:
    """Packing changes nothing but rounding."""
    together = nlp.predict(TEXTS)
    listener = next(node for node in nlp.get_pipe("tagger").model.walk() if node.attrs.get("source"))
    vectors = listener.predict(together)
    alone = np.concatenate([listener.predict(nlp.predict([text])) for text in TEXTS])
    np.testing.assert_allclose(vectors, alone, atol=1e-5)


def test_documents_without_words_get_zeros(nlp: Pipeline) -> None:
    """An empty text has no rows, white space rows of zeros, under every reduction."""
    batch = nlp.predict(["", " \n\t ", "Ada"])
    for name in ("reduce_mean", "reduce_max", "reduce_sum", "reduce_first", "reduce_last"):
        node = TransformerListener(registry.get("layers", f"{name}.v1")())
        node.attrs["source"] = "transformer"
        vectors = node.predict(batch)
        assert not vectors[batch.rows(1)].any()
        assert vectors[batch.rows(2)].any()


def test_a_pooling_layer_of_ones_own_sees_tokens_with_rows(nlp: Pipeline) -> None:
    """One that is not ours gives what ours of the same meaning does, and its gradient."""
    own = reduce_max()
    own.name = "my_max"
    nodes = [TransformerListener(pooling) for pooling in (own, reduce_max())]
    found = []
    for node in nodes:
        batch = nlp.predict(TEXTS)
        node.attrs["source"] = "transformer"
        vectors, backprop = node.begin_update(batch)
        backprop(np.ones_like(vectors))
        found.append((vectors, batch.grads["transformer"]))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])


@pytest.mark.parametrize("n_tokens", range(0, 40, 3))
def test_strided_spans_cover_every_token(n_tokens: int) -> None:
    """Windows, some tokens apart, the last one as short as need be."""
    places = StridedSpans(8, 6).places(n_tokens)
    assert {i for start, end in places for i in range(start, end)} == set(range(n_tokens))
    assert all(end - start <= 8 for start, end in places)


def test_a_span_getter_of_ones_own_may_leave_tokens_out(folder: Path) -> None:
    """Their vectors are zeros."""

    @registry.span_getters("test_transformer.first_two.v1")
    def configure() -> Any:
        return lambda docs: [[doc[:2]] if len(doc) else [] for doc in docs]

    block = transformer_block(folder, model={"get_spans": {"@span_getters": "test_transformer.first_two.v1"}})
    nlp = initialized(folder, transformer=block, tagger=tagger_block())
    doc = nlp("Ada met Grace Hopper.")
    assert doc._.trf_data.align.lengths.tolist()[2:] == [0, 0, 0]


def test_a_span_getter_that_gives_something_else_is_named(nlp: Pipeline) -> None:
    """Anything but a list of spans for each document."""
    with pytest.raises(EngineError, match="2 lists of spans"):
        spans_of_batch(lambda docs: [[]], nlp.tokenizer.tokenize(["a", "b"]))


def test_a_setter_gets_documents_and_the_whole_batch(folder: Path) -> None:
    """It can be set on the component, as documented."""
    nlp = initialized(folder)
    Doc.set_extension("custom_attr", default=None, force=True)

    def custom_annotation_setter(docs: Any, trf_data: Any) -> None:
        for doc, data in zip(docs, trf_data.doc_data, strict=True):
            doc._.custom_attr = data

    nlp.get_pipe("transformer").set_extra_annotations = custom_annotation_setter
    docs = list(nlp.pipe(TEXTS[:2]))
    assert docs[1]._.custom_attr.tensors[0].shape[-1] == WIDTH
    assert docs[1]._.custom_attr is docs[1]._.trf_data


def test_the_documents_data_has_the_documented_fields(nlp: Pipeline) -> None:
    """And goes to bytes and back."""
    data = nlp("Ada met Grace Hopper.")._.trf_data
    assert data.width == WIDTH
    assert data.tensors[0].shape[1] == max(data.wordpieces.lengths)
    assert list(data.tokens) == ["input_texts", "input_ids", "attention_mask", "token_type_ids"]
    again = type(data).empty().from_bytes(data.to_bytes())
    np.testing.assert_array_equal(again.tensors[0], data.tensors[0])
    assert again.wordpieces.strings == data.wordpieces.strings
    assert nlp.make_doc("Ada")._.trf_data is None


def test_hidden_states_and_attentions_are_shown_where_asked_for(folder: Path) -> None:
    """By `transformer_config`; nothing computes them before somebody reads them."""
    wanted = {"output_hidden_states": True, "output_attentions": True}
    block = transformer_block(folder, model={"transformer_config": wanted})
    nlp = initialized(folder, transformer=block, tagger=tagger_block())
    data = nlp("Ada met Grace Hopper.")._.trf_data
    assert len(data.model_output.hidden_states) == 4
    assert data.model_output.attentions[0].shape[1] == 2
    np.testing.assert_allclose(data.model_output.hidden_states[-1], data.tensors[0], atol=1e-5)


def test_a_copy_of_a_model_shows_what_the_model_shows(folder: Path) -> None:
    """Its outputs and its way of learning, with weights of its own."""
    settings = {"transformer_config": {"output_hidden_states": True}, "mixed_precision": True}
    nlp = initialized(folder, transformer=transformer_block(folder, model=settings), tagger=tagger_block())
    model = nlp.get_pipe("transformer").model
    copied, docs = model.copy(), [nlp.make_doc("Ada met Grace Hopper.")]
    shown, expected = copied.predict(docs).model_output, model.predict(docs).model_output
    assert list(shown) == list(expected)
    np.testing.assert_array_equal(shown.last_hidden_state, expected.last_hidden_state)
    assert copied.part.autocast


def test_documents_of_several_batches_keep_their_rows(nlp: Pipeline) -> None:
    """Gathered anew, in another order, they give the same vectors."""
    batch = nlp.predict(TEXTS)
    order = [3, 1, 0, 4, 2]
    gathered = gather([(batch, index) for index in order])
    listener = next(node for node in nlp.get_pipe("tagger").model.walk() if node.attrs.get("source"))
    vectors, mixed = listener.predict(batch), listener.predict(gathered)
    np.testing.assert_array_equal(mixed, np.concatenate([vectors[batch.rows(index)] for index in order]))


def test_what_a_limit_cuts_is_counted(folder: Path) -> None:
    """Whole documents beyond the encoder's positions; windows cut nothing."""
    text = "Ada met Grace Hopper. " * 30
    whole = {"get_spans": {"@span_getters": "spacy-transformers.doc_spans.v1"}}
    cut = initialized(folder, transformer=transformer_block(folder, model=whole), tagger=tagger_block())
    assert cut.predict([text, "Ada"]).pieces["transformer"].pieces.n_cut.tolist()[0] > 0
    assert cut.predict([text, "Ada"]).pieces["transformer"].pieces.n_cut.tolist()[1] == 0
    strided = initialized(folder)
    assert not strided.predict([text]).pieces["transformer"].pieces.n_cut.any()


def test_frozen_layers_keep_their_weights_and_their_output(folder: Path) -> None:
    """They and the embeddings stay; what they say of known texts is not computed again; all else learns."""
    nlp = initialized(folder, transformer=transformer_block(folder, frozen_layers=2), tagger=tagger_block())
    part = nlp.get_pipe("transformer").part
    before = part.sync().state()
    for _ in range(2):
        nlp.update(toy_examples(nlp), drop=0.1)
    after = part.sync().state()
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    assert moved
    assert all("layer.2." in name for name in moved)
    n_known = len(part.frozen.known)
    nlp.update(toy_examples(nlp), drop=0.1)
    assert len(part.frozen.known) == n_known > 0


def test_the_frozen_output_is_the_same_when_it_is_served(folder: Path) -> None:
    """First and second pass give the same rows and gradients."""
    nlp = initialized(folder, transformer=transformer_block(folder, frozen_layers=1), tagger=tagger_block())
    part = nlp.get_pipe("transformer").part
    found = []
    for texts in (TEXTS, TEXTS, TEXTS[:2]):
        batch = nlp.tokenizer.tokenize(texts)
        part.built().clear_gradients()
        output, backprop = part.update(batch, with_dropout=False)
        backprop(np.ones_like(output.rows))
        found.append((output.rows, part.built().gradients()))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert all(np.array_equal(found[0][1][name], found[1][1][name]) for name in found[0][1])
    np.testing.assert_allclose(found[0][0][: len(found[2][0])], found[2][0], atol=1e-5)


def test_a_frozen_component_feeds_heads_that_learn(folder: Path) -> None:
    """`frozen_components` and `annotating_components`: the encoder stays, the tagger moves."""
    nlp = initialized(folder)
    part = nlp.get_pipe("transformer").part
    before, head = part.sync().state(), nlp.get_pipe("tagger").state().arrays
    head = {name: np.array(array) for name, array in head.items()}
    nlp.update(toy_examples(nlp), exclude=["transformer"], annotates=["transformer"])
    after = part.sync().state()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    moved = nlp.get_pipe("tagger").state().arrays
    assert any(not np.array_equal(head[name], moved[name]) for name in head)


def test_groups_have_rates_of_their_own(folder: Path) -> None:
    """A pattern over parameters: a rate of 0 freezes, others move by their own rate."""
    nlp = initialized(folder)
    groups = {"transformer/layer.[01]/*": {"learn_rate": 0.0}, "transformer/*": {"learn_rate": 1e-5}}
    optimizer = registry.get("optimizers", "freshet.AdamW.v1")(
        learn_rate=0.01, weight_decay=0.0, groups=groups
    )
    before = nlp.get_pipe("transformer").part.sync().state()
    for _ in range(3):  # softmax layers begin with zeros, so that nothing flows back at first
        nlp.update(toy_examples(nlp), sgd=optimizer)
    after = nlp.get_pipe("transformer").part.sync().state()
    step = {name: float(np.abs(after[name] - before[name]).max()) for name in before}
    assert max(size for name, size in step.items() if ".layer.0." in name or ".layer.1." in name) == 0.0
    assert 0 < max(size for name, size in step.items() if ".layer.2." in name) < 1e-4


def test_accumulated_gradients_are_those_of_the_whole_batch(folder: Path) -> None:
    """Two halves, then one step."""
    nlp = initialized(folder)
    part = nlp.get_pipe("transformer").part
    examples = toy_examples(nlp)
    nlp.update(examples, drop=0.0, sgd=False)
    whole = {name: array.copy() for name, array in part.built().gradients().items()}
    part.built().clear_gradients()
    for example in examples:
        nlp.update([example], drop=0.0, sgd=False)
    for name, array in part.built().gradients().items():
        np.testing.assert_allclose(array, whole[name], atol=1e-4, rtol=1e-3)


def test_a_head_may_have_an_encoder_of_its_own(folder: Path, tmp_path: Path) -> None:
    """`replace_listeners`: the same annotations, saved and loaded, without the shared component."""
    nlp = initialized(folder)
    wanted = [[token.tag_ for token in doc] for doc in nlp.pipe(TEXTS)]
    nlp.replace_listeners("transformer", "tagger", ["model.tok2vec"])
    assert nlp.config["components"]["tagger"]["model"]["tok2vec"]["@architectures"].endswith(
        "Tok2VecTransformer.v3"
    )
    nlp.remove_pipe("ner")
    nlp.remove_pipe("transformer")
    assert [[token.tag_ for token in doc] for doc in nlp.pipe(TEXTS)] == wanted
    nlp.to_disk(tmp_path / "own")
    loaded = engine.load(tmp_path / "own")
    assert [[token.tag_ for token in doc] for doc in loaded.pipe(TEXTS)] == wanted
    assert "tagger" in loaded.update(toy_examples(loaded))


def test_an_encoder_of_its_own_learns_from_the_config(folder: Path) -> None:
    """`Tok2VecTransformer.v3` in a head, weights drawn by `initialize`."""
    model = {
        **transformer_block(folder)["model"],
        "@architectures": "spacy-transformers.Tok2VecTransformer.v3",
    }
    block = tagger_block({**model, "pooling": {"@layers": "reduce_mean.v1"}, "grad_factor": 1.0})
    nlp = initialized(folder, tagger=block)
    first = nlp.update(toy_examples(nlp))["tagger"]
    for _ in range(10):
        last = nlp.update(toy_examples(nlp))["tagger"]
    assert last < first


def test_a_source_takes_its_encoder_along(nlp: Pipeline, folder: Path, tmp_path: Path) -> None:
    """`source` in a config, with the listener replaced."""
    nlp.to_disk(tmp_path / "saved")
    config = {
        "nlp": {"lang": "en", "pipeline": ["tagger"]},
        "components": {"tagger": {"source": str(tmp_path / "saved"), "replace_listeners": ["model.tok2vec"]}},
    }
    other = engine.from_config(engine.fill_config(engine.Config(config)))
    wanted = [[token.tag_ for token in doc] for doc in nlp.pipe(TEXTS)]
    assert [[token.tag_ for token in doc] for doc in other.pipe(TEXTS)] == wanted


def test_an_encoder_that_is_nowhere_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has its name."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    nlp = engine.from_config(engine.fill_config(encoder_config(tmp_path / "missing")))
    with pytest.raises(TransformerError, match="missing"):
        nlp.initialize()


def test_settings_that_mean_nothing_are_named(folder: Path) -> None:
    """Of the scaler, and spans of no tokens."""
    block = transformer_block(folder, model={"grad_scaler_config": {"growth": 2}})
    with pytest.raises(EngineError, match="growth_factor"):
        engine.from_config(engine.fill_config(encoder_config(folder, transformer=block)))
    with pytest.raises(EngineError, match="at least one token"):
        StridedSpans(0, 1)


def test_a_head_without_its_transformer_says_so(nlp: Pipeline) -> None:
    """And how to have it."""
    with pytest.raises(EngineError, match="transformer"), nlp.select_pipes(disable=["transformer"]):
        nlp("Ada")


def test_the_default_is_the_documented_one() -> None:
    """Factory `transformer`: roberta-base, strided spans of 128 and 96, 4096 items."""
    filled = engine.fill_config(
        engine.Config(
            {"nlp": {"lang": "en", "pipeline": ["t"]}, "components": {"t": {"factory": "transformer"}}}
        )
    )
    block = filled["components"]["t"]
    assert block["max_batch_items"] == 4096
    assert block["model"]["name"] == "roberta-base"
    assert block["model"]["get_spans"]["window"], block["model"]["get_spans"]["stride"] == (128, 96)
    assert block["model"]["tokenizer_config"] == {"use_fast": True}
    assert "frozen_layers" not in block


def test_a_component_can_be_made_by_its_class(folder: Path) -> None:
    """`Transformer(nlp.vocab, TransformerModel(...))` as the pages have it."""
    from engine.components.transformer.span_getters import get_strided_spans
    from engine.components.transformer.transformer_model import TransformerModel

    nlp = engine.blank("en")
    model = TransformerModel(str(folder), get_strided_spans(8, 6), {"use_fast": True})
    transformer = Transformer(nlp.vocab, model, max_batch_items=512)
    model.initialize()
    docs = [nlp.make_doc(text) for text in TEXTS[:2]]
    transformer.set_annotations(docs, transformer.predict(docs))
    assert docs[0]._.trf_data.tensors[0].shape[-1] == WIDTH
    full = model.predict(docs)
    assert [len(spans) for spans in full.spans] == [1, 2]


def test_examples_of_empty_documents_are_skipped(folder: Path) -> None:
    """On both ways."""
    nlp = initialized(folder)
    empty = Example.from_dict(nlp.make_doc(""), {})
    nlp.update([empty, *toy_examples(nlp)])
    assert nlp.update([empty]) is not None


def test_weights_from_outside_are_taken_over(folder: Path) -> None:
    """Averages and checkpoints set parameters of Thinc's; the encoder multiplies by them."""
    nlp = initialized(folder)
    component = nlp.get_pipe("transformer")
    before = component.part.encode(nlp.tokenizer.tokenize(TEXTS)).rows
    params = {
        (node.id, name): np.zeros_like(node.get_param(name))
        for node in component.model.walk()
        for name in node.param_names
    }
    with component.use_params(params):
        assert not np.allclose(component.part.encode(nlp.tokenizer.tokenize(TEXTS)).rows, before)
    np.testing.assert_array_equal(component.part.encode(nlp.tokenizer.tokenize(TEXTS)).rows, before)


def test_training_in_bfloat16_goes_on_in_float32(folder: Path) -> None:
    """`mixed_precision`: nearly the same gradients, the same kind of weights."""
    found = []
    for mixed in (False, True):
        block = transformer_block(folder, model={"mixed_precision": mixed})
        nlp = initialized(folder, transformer=block, tagger=tagger_block(), ner=ner_block())
        part = nlp.get_pipe("transformer").part
        output, backprop = part.update(nlp.tokenizer.tokenize(TEXTS[:2]), with_dropout=False)
        backprop(np.ones_like(output.rows))
        found.append(output.rows)
        assert all(array.dtype == np.float32 for array in part.built().gradients().values())
    np.testing.assert_allclose(found[0], found[1], atol=0.05)
    assert not np.array_equal(found[0], found[1])


def test_a_component_knows_who_listens(nlp: Pipeline) -> None:
    """Names and layers of the heads that read it; one can be taken out."""
    component = nlp.get_pipe("transformer")
    assert component.listening_components == ["tagger", "ner"]
    listener = component.listeners[0]
    assert component.remove_listener(listener, "tagger")
    assert not component.remove_listener(listener, "tagger")
    component.find_listeners(nlp.get_pipe("tagger"))
    assert set(component.listening_components) == {"ner", "tagger"}


def test_lower_precision_says_nearly_the_same(nlp: Pipeline, tmp_path: Path) -> None:
    """`precision="bf16"`: rows near those of float32, and not the same."""
    nlp.to_disk(tmp_path / "saved")
    found = engine.load(tmp_path / "saved", precision="bf16").predict(TEXTS).pieces["transformer"].rows
    wanted = nlp.predict(TEXTS).pieces["transformer"].rows
    np.testing.assert_allclose(found, wanted, atol=0.1)
    assert not np.array_equal(found, wanted)


@pytest.mark.parametrize("head", ["textcat", "spancat", "parser"])
def test_every_kind_of_head_listens(folder: Path, head: str) -> None:
    """Heads whose layers are as wide as the encoder, which nobody knows before it is read."""
    config = init_config(pipeline=[head], optimize="accuracy", gpu=True)
    config["components"]["transformer"]["model"]["name"] = str(folder)
    if head == "parser":
        config["components"][head]["min_action_freq"] = 1
    nlp = engine.from_config(config)
    nlp.initialize(lambda: toy_examples(nlp))
    assert head in nlp.update(toy_examples(nlp))
