"""DocBin files: those of spaCy are read as they are, ours hold the same, damaged ones are refused."""

from __future__ import annotations

import json
import random
import shutil
import zlib
from pathlib import Path
from typing import Any

import msgpack
import pytest

import engine
from engine import Doc, EngineError
from engine.doc.biluo import MISSING
from engine.doc.example import entities_of
from engine.spacy_files.docbin import DocBinWriter, read_docbin
from engine.training.corpus import Corpus, read_corpus
from tests.engine.spacy_files.damage import mutated

SPACY = Path(__file__).parent / "docbin" / "saved.spacy"
EXPECTED = [json.loads(line) for line in SPACY.with_suffix(".jsonl").read_text(encoding="utf8").splitlines()]
PIPELINE = engine.blank("en")


def read(file: Path) -> list[Doc]:
    """All documents of a file."""
    return list(read_docbin(file, PIPELINE.tokenizer.lexemes))


def written(docs: list[Doc], file: Path) -> Path:
    """The file with these documents."""
    writer = DocBinWriter()
    for doc in docs:
        writer.add(doc.batch)
    writer.write(file)
    return file


def contents(file: Path) -> dict[str, Any]:
    """The map that a file holds."""
    value: dict[str, Any] = msgpack.unpackb(zlib.decompress(file.read_bytes()))
    return value


@pytest.mark.parametrize("index", [0, 1, 2])
def test_documents_of_the_peer_have_all_their_layers(index: int) -> None:
    """Text, tokens, norms, labels, tree, sentences, entities, span groups and categories are what spaCy says
    of its own file."""
    doc = read(SPACY)[index]
    assert {**doc.to_json(), "norms": doc.norms} == EXPECTED[index]


def test_what_is_unknown_stays_unknown() -> None:
    """Tokens without entity information are missing, not outside; unset lemmas and sentence starts stay
    unset."""
    doc = read(SPACY)[3]
    assert entities_of(doc) == [(1, 2, MISSING), (2, 3, "X")]
    assert doc.lemmas == ["I", "", "gold"]
    assert doc.sent_starts == [1, 0, -1]
    assert not doc.has("tag")
    assert not doc.has("heads")


def test_ids_of_entities_are_kept() -> None:
    """Knowledge-base ids and entity ids are columns of the tokens."""
    doc = read(SPACY)[0]
    assert doc.column("ent_kb_id") == ["Q7259"] + [""] * 8
    assert doc.column("ent_id") == [""] * 4 + ["kgl", "kgl"] + [""] * 3


def test_a_file_written_again_holds_the_same(tmp_path: Path) -> None:
    """Every token value, blank, length, string and category is byte for byte spaCy's; span groups differ
    in order only."""
    ours, theirs = contents(written(read(SPACY), tmp_path / "ours.spacy")), contents(SPACY)
    for key in ("version", "attrs", "tokens", "spaces", "lengths", "strings", "cats"):
        assert ours[key] == theirs[key], key
    assert [doc.to_json() for doc in read(tmp_path / "ours.spacy")] == [doc.to_json() for doc in read(SPACY)]


def test_documents_of_a_batch_are_written_each_for_itself(tmp_path: Path) -> None:
    """A batch of several documents, an empty one among them, comes back as it was."""
    batch = PIPELINE.tokenizer.tokenize(["They're here.", "", "a  b\n"])
    writer = DocBinWriter()
    writer.add(batch)
    writer.write(tmp_path / "batch.spacy")
    docs = read(tmp_path / "batch.spacy")
    assert [(doc.text, doc.words, doc.norms, doc.starts) for doc in docs] == [
        (doc.text, doc.words, doc.norms, doc.starts) for doc in (Doc(batch, i) for i in range(3))
    ]


def test_a_file_without_documents_is_a_file(tmp_path: Path) -> None:
    """Nothing in, nothing out."""
    assert read(written([], tmp_path / "none.spacy")) == []


def test_older_files_lack_some_keys(tmp_path: Path) -> None:
    """Files without categories, flags and span groups are read, and attributes may be few and in any
    order."""
    value = contents(written([PIPELINE("Ada sleeps")], tmp_path / "new.spacy"))
    tokens = value["tokens"][:8] + value["tokens"][13 * 8 : 14 * 8]
    old = {key: value[key] for key in ("version", "spaces", "lengths", "strings")} | {
        "attrs": [65],
        "tokens": tokens,
    }
    (tmp_path / "old.spacy").write_bytes(zlib.compress(msgpack.packb(old)))
    assert [doc.to_json() for doc in read(tmp_path / "old.spacy")] == [PIPELINE("Ada sleeps").to_json()]


def test_a_corpus_reads_docbin_files_and_folders_of_them(tmp_path: Path) -> None:
    """Reference documents come from the files, in order of their names; the predicted side is the
    tokenizer's."""
    for name in ("b.spacy", "a.spacy"):
        shutil.copy(SPACY, tmp_path / name)
    examples = list(Corpus(tmp_path)(PIPELINE))
    assert [example.text for example in examples] == [row["text"] for row in EXPECTED] * 2
    assert examples[0].aligned_ents() == [(0, 1, "PER"), (4, 6, "LOC")]
    assert examples[0].aligned_labels("tag")[:3] == ["NNP", "MD", "RB"]


def test_docbin_files_become_json_documents() -> None:
    """The documents of a file in the form of `Doc.to_json`."""
    assert next(read_corpus(PIPELINE.tokenizer, SPACY)).to_json() == {
        k: v for k, v in EXPECTED[0].items() if k != "norms"
    }


def refusal(file: Path, data: bytes) -> str:
    """What the error says of a file with these bytes, nothing where they are read and can be written
    again."""
    file.write_bytes(data)
    try:
        written([doc for doc in read(file) if doc.to_json()], file)
    except EngineError as error:
        return str(error)
    return ""


def test_damaged_files_are_refused_with_their_name(tmp_path: Path) -> None:
    """A thousand damaged files, most with their checksum put right: each is read, or refused by name; nothing
    else comes of them."""
    draw, file = random.Random(4), tmp_path / "damaged.spacy"
    stored = SPACY.read_bytes()
    inner = zlib.decompress(stored)
    refused = 0
    for i in range(1000):
        message = refusal(
            file, mutated(stored, draw) if i % 5 == 0 else zlib.compress(mutated(inner, draw), 1)
        )
        assert not message or message.startswith(str(file)), message
        refused += bool(message)
    assert refused > 500


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, length: int) -> None:
    """A file that ends early is named."""
    assert "cut.spacy" in refusal(tmp_path / "cut.spacy", SPACY.read_bytes()[:length])


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    """A small file that would inflate to hundreds of megabytes is not inflated to its end."""
    packer = zlib.compressobj()
    data = b"".join(packer.compress(bytes(1 << 20)) for _ in range(80)) + packer.flush()
    assert "expected at most 67,108,864 bytes" in refusal(tmp_path / "bomb.spacy", data)


def test_words_cannot_be_used_to_grow_a_text(tmp_path: Path) -> None:
    """A long word that stands everywhere makes no text of gigabytes."""
    value = contents(written([PIPELINE.tokenizer.from_words(["x" * 100_000])], tmp_path / "word.spacy"))
    value |= {
        "tokens": value["tokens"] * 1000,
        "spaces": value["spaces"] * 1000,
        "lengths": (1000).to_bytes(4, "little"),
    }
    assert "100,000,000 characters" in refusal(tmp_path / "long.spacy", zlib.compress(msgpack.packb(value)))


def test_scores_that_no_document_can_hold_are_refused(tmp_path: Path) -> None:
    """A category's score beyond 32-bit floats is a damaged file."""
    value = contents(SPACY) | {"cats": [{"a": 1e300}] * 4}
    assert "categories" in refusal(tmp_path / "scores.spacy", zlib.compress(msgpack.packb(value)))


def test_what_the_form_cannot_hold_is_refused(tmp_path: Path) -> None:
    """Parts of speech are numbers in this form, and texts are UTF-8."""
    doc = PIPELINE("Ada")
    doc.set_pos(["NAME"])
    with pytest.raises(EngineError, match=r"universal parts of speech.*NAME"):
        written([doc], tmp_path / "pos.spacy")
    with pytest.raises(EngineError, match="UTF-8"):
        written([PIPELINE("\ud800")], tmp_path / "half.spacy")
