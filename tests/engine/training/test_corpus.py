from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from engine.doc.example import entities_of
from engine.errors import EngineError
from engine.training.augmenters import make_lower_case
from engine.training.conllu import parse_conllu
from engine.training.corpus import Corpus, configure_corpus, configure_jsonl_corpus, read_corpus
from engine.training.data_findings import warnings_of
from engine.training.debug_data import summarize
from engine.training.gold import doc_of_record, doc_of_sentences
from tests.engine.training.little_corpus import CONLLU, Reading, write_files

READING = Reading()
TEXT = "Ada didn't see Kigali. Rain fell."


def write_jsonl(path: Path, records: list[dict[str, object]]) -> Path:
    """The records, one a line."""
    path.write_bytes(b"\n".join(map(orjson.dumps, records)))
    return path


def test_sentences_become_one_document_with_all_layers(tmp_path: Path) -> None:
    """Sentences join with a blank; words, tags, sentence starts and entities are the corpus's."""
    conllu, iob2 = write_files(tmp_path)
    (example,) = Corpus(conllu, iob2, n_sents=10)(READING)
    assert example.text == TEXT
    assert example.aligned_labels("tag") == ["NNP", "VBD", "RB", "VB", "NNP", ".", "NN", "VBD", "."]
    assert [i for i, start in enumerate(example.aligned_sent_starts()) if start == 1] == [0, 6]
    assert example.aligned_ents() == [(0, 1, "PER"), (4, 5, "LOC")]


def test_documents_have_so_many_sentences(tmp_path: Path) -> None:
    """`n_sents` says how many sentences a document has, `limit` how many documents are read."""
    conllu, _ = write_files(tmp_path)
    assert [example.text for example in Corpus(conllu)(READING)] == ["Ada didn't see Kigali.", "Rain fell."]
    assert len(list(Corpus(conllu, limit=1)(READING))) == 1


def test_long_documents_are_given_by_sentence(tmp_path: Path) -> None:
    """A document over `max_length` comes sentence by sentence, and a sentence over it not at all."""
    conllu, iob2 = write_files(tmp_path)
    examples = list(Corpus(conllu, iob2, n_sents=10, max_length=6)(READING))
    assert [example.text for example in examples] == ["Ada didn't see Kigali.", "Rain fell."]
    assert entities_of(examples[0].reference) == [(0, 1, "PER"), (4, 5, "LOC")]
    assert [e.text for e in Corpus(conllu, n_sents=10, max_length=4)(READING)] == ["Rain fell."]


def test_gold_words_can_stand_in_for_the_tokenizer(tmp_path: Path) -> None:
    """With `gold_preproc` every sentence is a document, and its tokens are the gold words."""
    conllu, _ = write_files(tmp_path)
    first, _ = Corpus(conllu, n_sents=10, gold_preproc=True)(READING)
    assert first.predicted.words == first.reference.words == ["Ada", "did", "n't", "see", "Kigali", "."]


def test_a_sentence_without_tags_is_unknown_among_others(tmp_path: Path) -> None:
    """Where the entity file lacks a sentence, nothing is known about its words."""
    conllu, iob2 = write_files(tmp_path)
    iob2.write_text(iob2.read_text().split("\n\n")[0])
    (example,) = Corpus(conllu, iob2, n_sents=10)(READING)
    assert example.aligned_ner()[4:] == ["U-LOC", "O", "-", "-", "-"]


def test_records_have_character_offsets(tmp_path: Path) -> None:
    """JSON records with entities and categories by characters; what borders inside a token is cut in gold and
    unknown to us."""
    records = [
        {
            "text": "In Kigali-based firms",
            "ents": [{"start": 3, "end": 9, "label": "LOC"}],
            "cats": {"NEWS": 1.0},
        }
    ]
    records.append({"text": "unbelievable", "ents": [{"start": 2, "end": 12, "label": "X"}]})
    first, second = Corpus(write_jsonl(tmp_path / "docs.jsonl", records))(READING)
    assert [first.reference[a:b].text for a, b, _ in entities_of(first.reference)] == ["Kigali"]
    assert first.cats == {"NEWS": 1.0}
    assert second.aligned_ner() == ["-"]
    assert second.reference.words == ["un", "believable"]


def test_converted_documents_read_back_the_same(tmp_path: Path) -> None:
    """CoNLL-U and IOB2 turned into JSONL give the same examples as the files themselves."""
    conllu, iob2 = write_files(tmp_path)
    docs = read_corpus(READING.tokenizer, conllu, entities=iob2, n_sents=10)
    jsonl = write_jsonl(tmp_path / "docs.jsonl", [doc.to_json() for doc in docs])
    (ours,), (theirs,) = Corpus(jsonl)(READING), Corpus(conllu, iob2, n_sents=10)(READING)
    for column in ("tag", "pos", "morph"):
        assert ours.gold_labels(column) == theirs.gold_labels(column)
    assert entities_of(ours.reference) == entities_of(theirs.reference)
    assert ours.aligned_sent_starts().tolist() == theirs.aligned_sent_starts().tolist()


def test_raw_texts_have_no_labels(tmp_path: Path) -> None:
    """A raw corpus yields its texts between the lengths, without any layer."""
    path = write_jsonl(tmp_path / "raw.jsonl", [{"text": "a b c"}, {"text": "a"}, {"text": "a b"}])
    examples = list(configure_jsonl_corpus(str(path), min_length=2, limit=5)(READING))
    assert [example.text for example in examples] == ["a b c", "a b"]
    assert not examples[0].has("tag")


def test_lower_cased_examples_keep_their_labels(tmp_path: Path) -> None:
    """The augmenter changes letters only."""
    conllu, iob2 = write_files(tmp_path)
    (example,) = Corpus(conllu, iob2, n_sents=10, augmenter=make_lower_case(1.0))(READING)
    assert example.text == TEXT.lower()
    assert example.aligned_ents() == [(0, 1, "PER"), (4, 5, "LOC")]
    assert example.aligned_labels("tag")[0] == "NNP"


def test_missing_files_and_bad_lines_say_where(tmp_path: Path) -> None:
    """No path, no file, an unknown suffix and a line that is no JSON are errors that name what was given."""
    with pytest.raises(EngineError, match=r"--paths\.train"):
        configure_corpus(None)
    with pytest.raises(EngineError, match="found none"):
        list(Corpus(tmp_path / "none.jsonl")(READING))
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"text": "a"}\n{"text"\n')
    with pytest.raises(EngineError, match=r"bad\.jsonl:2: expected one JSON object"):
        list(Corpus(bad)(READING))


def test_records_out_of_the_text_are_refused() -> None:
    """A span must lie within the text, and a record needs a text."""
    with pytest.raises(EngineError, match="a span within the text of 3 characters, got 0:9"):
        doc_of_record(READING.tokenizer, {"text": "Ada", "ents": [[0, 9, "PER"]]})
    with pytest.raises(EngineError, match="expected a record with a 'text', got the keys txt"):
        doc_of_record(READING.tokenizer, {"txt": "Ada"})


def test_debug_data_counts_and_warns(tmp_path: Path) -> None:
    """Counts of labels, and warnings for a small corpus, rare labels and texts that both corpora have."""
    conllu, iob2 = write_files(tmp_path)
    summary = summarize(Corpus(conllu, iob2)(READING))
    assert (summary.n_docs, summary.n_sents, dict(summary.labels["ents"])) == (2, 2, {"PER": 1, "LOC": 1})
    said = " ".join(warnings_of(summary, summary))
    assert "2 texts of the dev corpus" in said
    assert "fewer than 50 examples of LOC, PER" in said


def test_sentences_without_a_layer_leave_it_out() -> None:
    """A layer that no word has is not set."""
    plain = [line.replace("NNP", "_") for line in CONLLU.splitlines()[:2]]
    plain.append("1\tAda\t_\t_\t_\t_\t_\t_\t_\t_")
    doc = doc_of_sentences(READING.tokenizer, list(parse_conllu(plain)))
    assert "tag" not in doc.batch.columns
    assert "ents" not in doc.batch.spans


NIKE = {"start": 0, "end": 4, "label": "BRAND"}
TASKS: list[dict[str, object]] = [
    {"text": "Nike and Vans", "_view_id": "ner_manual", "spans": [NIKE], "answer": "accept"},
    {"text": "It rains.", "spans": [], "answer": "accept"},
    {"text": "Rain fell.", "_input_hash": 5, "answer": "accept"},
    {"text": "Nobody knows.", "spans": [NIKE], "answer": "ignore"},
]


def test_tasks_of_prodigy_are_a_corpus(tmp_path: Path) -> None:
    """As `freshet convert` reads them: accepted spans are all that there are, none at all say so, too."""
    examples = list(Corpus(write_jsonl(tmp_path / "tasks.jsonl", TASKS))(READING))
    assert [e.text for e in examples] == ["Nike and Vans", "It rains.", "Rain fell."]
    assert examples[0].aligned_ner() == ["U-BRAND", "O", "O"]
    assert [set(e.aligned_ner()) for e in examples[1:]] == [{"O"}, {"O"}]


def test_corrections_are_a_corpus(tmp_path: Path) -> None:
    """What a partial layer leaves out is unknown; one that only takes another back is no document."""
    layers = {"ents": {"status": "partial", "spans": [NIKE]}}
    rows = [{"text": "Nike and Vans", "layers": layers}, {"text": "x", "layers": {}, "supersedes": "c-1"}]
    (example,) = Corpus(write_jsonl(tmp_path / "said.jsonl", rows))(READING)
    assert example.aligned_ner() == ["U-BRAND", "-", "-"]


def test_a_line_that_cannot_be_read_is_named_with_what_to_type(tmp_path: Path) -> None:
    """File, line, and the command that tells the forms."""
    wrong = {"text": "Vans", "spans": [NIKE | {"end": 99}], "answer": "accept"}
    file = write_jsonl(tmp_path / "tasks.jsonl", [*TASKS, wrong])
    with pytest.raises(EngineError, match=r"tasks\.jsonl:5: expected a place .*`freshet convert --help`"):
        list(Corpus(file)(READING))
