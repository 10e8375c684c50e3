# SPDX-License-Identifier: Apache-2.0
"""Batches as messages: the compiled path writes what the plain path writes, in the layout of `schemas`."""

from __future__ import annotations

from dataclasses import fields, make_dataclass

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.annotation import annotation_of, encode_batch, loops
from engine.confidence import Calibration, Confidences, Scale, confidences_of
from engine.doc.batch import Batch, LabelColumn, SpanColumn
from engine.doc.json import batch_to_json
from engine.errors import EngineError
from engine.tokenizers import tokenizer_for
from schemas import (
    TOKEN_COLUMNS,
    AdapterRef,
    Annotation,
    Confidence,
    EncodeError,
    LabelledSpan,
    ModelRef,
    Route,
    Source,
    TextMessage,
    annotation_layout,
    decode_annotation,
    decode_text,
    encode_annotation,
    encode_text,
)
from tests.engine.batches import add_layers, bare_batch

MODEL = ModelRef("en_starter", "1.0.0", "sha256:00", {"0": 3})
TOKENIZER = tokenizer_for("en")
LAYERS = ["tag", "pos", "morph", "lemma", "dep", "heads", "sents", "ents", "places", "\u00e9 ", "cats"]

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
documents = st.lists(st.lists(words, max_size=12), max_size=4)


def addressed(batch: Batch) -> tuple[list[TextMessage], list[Source]]:
    """A message and a place for every document."""
    messages = [TextMessage(f"m{i}", text, "en" if i % 2 else None) for i, text in enumerate(batch.texts)]
    return messages, [Source("texts" if i % 3 else "t\u00e9", i % 2, 2**33 + i) for i in range(batch.n_docs)]


def plain(batch: Batch, lang: str | None = None) -> list[bytes]:
    """All documents on the plain path."""
    messages, sources = addressed(batch)
    rows = [annotation_of(batch, i, messages[i], sources[i], MODEL, lang=lang) for i in range(batch.n_docs)]
    return [encode_annotation(row) for row in rows]


def sure(batch: Batch, seed: int, calibration: Calibration | None = None) -> Confidences | None:
    """Confidences of a batch whose heads said at random how sure they were."""
    rng = np.random.default_rng(seed)
    batch.surprises = {"ents": rng.exponential(size=batch.n_tokens).astype(np.float32) ** 4}
    if batch.cats:
        batch.surprises["cats"] = rng.exponential(size=batch.n_docs).astype(np.float32)
    return confidences_of(batch, calibration)


@settings(deadline=None)
@given(documents, st.sets(st.sampled_from(LAYERS)), st.integers(0, 2**32 - 1))
def test_the_compiled_path_writes_the_confidences_of_the_plain_path(
    docs: list[list[str]], layers: set[str], seed: int
) -> None:
    """Any layers, calibrated or not: the same bytes, one number for each entity, sentence and category, and a
    reader gets them back; without them the bytes are what they were."""
    batch = add_layers(bare_batch(docs), seed, layers)
    before = encode_batch(batch, *addressed(batch), MODEL)
    calibration = Calibration("", ("ents",), {"ents": Scale(0.7, 0.3)}) if seed % 2 else None
    confidences, routes = sure(batch, seed, calibration), [list(Route)[i % 3] for i in range(batch.n_docs)]
    messages, sources = addressed(batch)
    written = encode_batch(batch, messages, sources, MODEL, confidences=confidences, routes=routes)
    rows = [
        annotation_of(batch, i, messages[i], sources[i], MODEL, confidences=confidences, route=routes[i])
        for i in range(batch.n_docs)
    ]
    assert written == [encode_annotation(row) for row in rows]
    assert encode_batch(batch, messages, sources, MODEL) == before
    for value, route in zip(written, routes, strict=True):
        read = decode_annotation(value)
        assert read.route == route
        assert read.confidence is not None
        assert len(read.confidence.ents or ()) == len(read.ents or ())
        assert len(read.confidence.sents or ()) == len(read.sents or ())
        assert set(read.confidence.cats or ()) == set(read.cats or ())
        assert set(read.confidence.calibrated) == ({"ents"} if calibration and "ents" in layers else set())


def test_the_other_format_has_the_same_confidences() -> None:
    """`format="spacy"` ends with the fields that an annotation has, and has no other new ones."""
    batch = add_layers(bare_batch([["a", "b"], []]), 4, set(LAYERS))
    extras = {"confidences": sure(batch, 4), "routes": [Route.AUTO, Route.ASK]}
    ours = [orjson.loads(value) for value in encode_batch(batch, *addressed(batch), MODEL, **extras)]
    others = [
        orjson.loads(value)
        for value in encode_batch(batch, *addressed(batch), MODEL, format="spacy", **extras)
    ]
    assert [(o["confidence"], o["route"]) for o in others] == [(o["confidence"], o["route"]) for o in ours]
    assert [list(o)[:-2] for o in others] == [list(batch_to_json(batch, i)) for i in range(2)]


@settings(deadline=None)
@given(documents, st.sets(st.sampled_from(LAYERS)), st.integers(0, 2**32 - 1))
def test_the_compiled_path_writes_the_bytes_of_the_plain_path(
    docs: list[list[str]], layers: set[str], seed: int
) -> None:
    """Any text, any set of layers: the same bytes."""
    batch = add_layers(bare_batch(docs), seed, layers)
    assert encode_batch(batch, *addressed(batch), MODEL, lang="xx") == plain(batch, "xx")


def test_all_layers_of_many_documents_agree() -> None:
    """One large batch with every layer, documents without tokens between."""
    docs = [["word"] * (i * 7 % 23) for i in range(60)]
    batch = add_layers(bare_batch(docs), 1, set(LAYERS))
    assert encode_batch(batch, *addressed(batch), MODEL) == plain(batch)


def test_offsets_beyond_the_table_of_small_numbers_agree() -> None:
    """Texts of a million characters have offsets of seven digits."""
    batch = add_layers(bare_batch([["x" * 9_990, "y", "z" * 8, "q", "r" * 989_000, "s"]]), 2, set(LAYERS))
    batch.heads = np.array([0, 9_999, 10_000, 2**31 - 1, -1, -(2**31) + 1])
    assert encode_batch(batch, *addressed(batch), MODEL) == plain(batch)


def test_what_is_written_can_be_decoded() -> None:
    """A reader of annotations gets the columns, offsets and labels back."""
    batch = add_layers(bare_batch([["A", "\U0001f600", "\0"], []]), 3, {"tag", "ents"})
    first, second = (decode_annotation(value) for value in encode_batch(batch, *addressed(batch), MODEL))
    assert first.text == "A \U0001f600 \0"
    assert first.tokens["start"] == [0, 2, 4]
    assert first.tokens["end"] == [1, 3, 5]
    assert first.sents is None
    assert first.model == MODEL
    assert second.tokens == {"start": [], "end": [], "tag": []}
    assert second.source == Source("texts", 1, 2**33 + 1)


UNUSUAL = {
    "empty": "",
    "nul": "a\0b \0",
    "blanks": " " * 100_000,
    "one long token": "x" * 100_000,
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0639\u0631\u0628\u064a \u202e",
    "combining": "e\u0301\u0302" * 50,
    "astral": "\U0001f600\U0001f468\u200d\U0001f469 \U0010ffff",
    "controls": "".join(map(chr, range(32))),
    "line ends": "a\r\n\u2028b\u2029\x85",
    "a million": "word " * 200_000,
}


@pytest.mark.parametrize("name", sorted(UNUSUAL))
def test_every_accepted_text_is_annotated(name: str) -> None:
    """From the bytes of a message to the bytes of its annotation: the text comes out as it went in, tokens
    rebuild it."""
    message = decode_text(encode_text(TextMessage(name, UNUSUAL[name])), default_id="")
    batch = TOKENIZER.tokenize([message.text, "Next."])
    values = encode_batch(
        batch, [message, TextMessage("n", "Next.")], [Source("texts", 0, i) for i in range(2)], MODEL
    )
    annotation = decode_annotation(values[0])
    assert annotation.text == UNUSUAL[name]
    places = list(zip(annotation.tokens["start"], annotation.tokens["end"], strict=True))
    assert "".join(message.text[start:end] for start, end in places).replace(" ", "") == message.text.replace(
        " ", ""
    )
    assert decode_annotation(values[1]).tokens == {"start": [0, 4], "end": [4, 5]}


def test_a_batch_of_nothing_is_no_message() -> None:
    """No documents, no bytes."""
    assert encode_batch(bare_batch([]), [], [], MODEL) == []


def test_wrong_label_ids_are_written_as_no_label() -> None:
    """An id outside its labels, which only a bug could make, reads no foreign memory."""
    batch = bare_batch([["a", "b"]])
    batch.columns["tag"] = LabelColumn(np.array([99, -7]), ("NN",))
    assert b'"tag":["",""]' in encode_batch(batch, *addressed(batch), MODEL)[0]


def test_read_only_and_strided_arrays_are_written() -> None:
    """Layers may be slices of greater arrays, or memory that nobody may write."""
    batch = add_layers(bare_batch([["a", "b", "c"]]), 5, {"sents"})
    batch.columns["tag"] = LabelColumn(np.arange(6)[::2] % 2, ("NN", "VB"))
    for array in (batch.starts, batch.doc_offsets, batch.sent_starts):
        assert array is not None
        array.flags.writeable = False
    assert encode_batch(batch, *addressed(batch), MODEL) == plain(batch)


def test_the_other_format_is_the_documents_own_json() -> None:
    """`format="spacy"` writes `Doc.to_json`."""
    batch = add_layers(bare_batch([["a", "b"], []]), 4, set(LAYERS))
    values = encode_batch(batch, *addressed(batch), MODEL, format="spacy")
    assert values == [orjson.dumps(batch_to_json(batch, i)) for i in range(2)]


def test_as_many_messages_as_documents_are_expected() -> None:
    """A wrong number of messages is an error, not a shift of names."""
    batch = bare_batch([["a"], ["b"]])
    messages, sources = addressed(batch)
    with pytest.raises(EngineError, match="1, 2, 2"):
        encode_batch(batch, messages[:1], sources, MODEL)


def test_half_a_surrogate_pair_is_refused_by_name() -> None:
    """Such a text never comes through decoding; if one is made in Python, the error names its message."""
    batch = bare_batch([["a"], ["\ud800"]])
    with pytest.raises(EncodeError, match="'m1'"):
        encode_batch(batch, *addressed(batch), MODEL)


def test_one_compilation_serves_every_batch() -> None:
    """Which layers, labels and array types a batch has does not compile the loops anew, which takes
    seconds."""
    for layers in ([], ["tag"], ["ents"], LAYERS):
        batch = add_layers(bare_batch([["a"], []]), 6, set(layers))
        batch.starts = batch.starts.astype(np.int64)
        encode_batch(batch, *addressed(batch), MODEL)
        encode_batch(bare_batch([]), [], [], MODEL)
    assert len(loops.write.signatures) == 1  # type: ignore[attr-defined]  # what Numba makes of a function
    assert len(loops.capacity.signatures) == 1  # type: ignore[attr-defined]


def renamed(message: type) -> type:
    """The same message with another name for every field."""
    return make_dataclass(message.__name__, [f"{field.name}_2" for field in fields(message)])


def test_a_field_that_gets_another_name_in_schemas_gets_it_in_the_bytes() -> None:
    """The keys that are sent are those of the message classes, whatever those are; nothing else changes."""
    batch = add_layers(bare_batch([["a", "b"], ["c"]]), 8, set(LAYERS))
    layout = annotation_layout(
        renamed(Annotation),
        renamed(LabelledSpan),
        renamed(Source),
        [f"{name}_2" for name in TOKEN_COLUMNS],
        renamed(Confidence),
    )
    extras = {"confidences": sure(batch, 8), "routes": [Route.AUTO, Route.ASK]}
    written = encode_batch(batch, *addressed(batch), MODEL, **extras)
    assert encode_batch(batch, *addressed(batch), MODEL, layout=layout, **extras) == [
        orjson.dumps(with_new_names(orjson.loads(value))) for value in written
    ]


def with_new_names(value: object) -> object:
    """JSON values with new names of all fields; those of a model stay, names of groups and categories are
    none."""
    if isinstance(value, list):
        return [with_new_names(item) for item in value]
    if not isinstance(value, dict) or "digest" in value:
        return value
    named = not value.keys() & {"places", "\u00e9 ", "pos\u00e9", "neg"}
    return {f"{key}_2" if named else key: with_new_names(item) for key, item in value.items()}


def test_what_entities_mean_stands_beside_them_on_both_paths() -> None:
    """`kb_ids` has an id for each entity of each document, and is missing where nobody links them."""
    batch = TOKENIZER.tokenize(["Ada met Grace.", "", "Rain."])
    assert b"kb_ids" not in plain(batch)[0]
    offsets = np.array([0, 2, 2, 2])
    batch.spans["ents"] = SpanColumn(offsets, np.array([0, 2]), np.array([1, 3]), np.array([0, 0]), ("PER",))
    batch.columns["ent_kb_id"] = LabelColumn(np.array([0, -1, 1, -1, -1, -1]), ("Q7259", "NIL"))
    messages, sources = addressed(batch)
    written = encode_batch(batch, messages, sources, MODEL)
    assert written == plain(batch)
    assert [decode_annotation(one).kb_ids for one in written] == [["Q7259", "NIL"], [], []]


def test_the_adapter_that_a_text_chose_stands_in_its_annotation() -> None:
    """On both paths, and in no other text's."""
    batch = TOKENIZER.tokenize(["Ada met Grace.", "Rain."])
    messages, sources = addressed(batch)
    refs = [AdapterRef("shop", "3", "d1"), None]
    written = encode_batch(batch, messages, sources, MODEL, adapters=refs)
    rows = [
        annotation_of(batch, i, messages[i], sources[i], MODEL, adapter=ref) for i, ref in enumerate(refs)
    ]
    assert written == [encode_annotation(row) for row in rows]
    assert [decode_annotation(one).adapter for one in written] == refs
    assert b"adapter" not in written[1]
