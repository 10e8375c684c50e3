# SPDX-License-Identifier: Apache-2.0
"""Commands on pipelines: init, debug, train, evaluate, apply, convert."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import engine
from engine.confidence import read_calibration
from engine.spacy_files.docbin import DocBinWriter, read_docbin
from tests.engine.toy import shared, trained_toy

from .conftest import Run

WORDS = (("Ada", "PROPN"), ("sees", "VERB"), ("Kigali", "PROPN"), (".", "PUNCT"))
GOLDEN = Path(__file__).parents[2] / "engine" / "spacy_files" / "golden"
SMALL = (
    "--training.max_steps",
    4,
    "--training.eval_frequency",
    2,
    "--components.tok2vec.model.encode.depth",
    1,
)
CORPORA = ("--paths.train", "gold.conllu", "--paths.dev", "gold.conllu")


@pytest.fixture
def with_gold(run: Run, tmp_path: Path) -> Run:
    """A small CoNLL-U file, its entities in an IOB2 file."""
    conllu, iob2 = [], []
    for number in range(20):
        conllu += [f"# sent_id = s{number}", "# text = Ada sees Kigali."]
        iob2 += [f"# sent_id = s{number}", "# text = Ada sees Kigali."]
        for i, (word, pos) in enumerate(WORDS, 1):
            after = "SpaceAfter=No" if word == "Kigali" else "_"
            conllu.append(
                f"{i}\t{word}\t{word}\t{pos}\t{pos}\t_\t{0 if pos == 'VERB' else 2}\tdep\t_\t{after}"
            )
            iob2.append(f"{i}\t{word}\t{'B-LOC' if word == 'Kigali' else 'O'}\t-\t-")
        conllu.append("")
        iob2.append("")
    (tmp_path / "gold.conllu").write_text("\n".join(conllu) + "\n", encoding="utf-8")
    (tmp_path / "gold.iob2").write_text("\n".join(iob2) + "\n", encoding="utf-8")
    return run


def test_a_new_config_trains_and_the_result_can_be_used(with_gold: Run, tmp_path: Path) -> None:
    """init config, train, evaluate, apply: each takes what the one before made."""
    assert with_gold("init", "config", "my.cfg", "--pipeline", "tagger,senter").exit_code == 0
    trained = with_gold("train", "my.cfg", "--output", "out", *CORPORA, *SMALL)
    assert trained.exit_code == 0, trained.output
    scores = json.loads(with_gold("evaluate", "out", "gold.conllu", "--n-sents", 2, "--json").stdout)
    assert {"token_acc", "tag_acc", "sents_f", "speed"} <= set(scores)
    row = json.loads(
        with_gold("apply", "out", "-", "-", input='{"id":"a","text":"Ada sees Kigali."}\n').stdout
    )
    assert (row["id"], len(row["tokens"]["tag"])) == ("a", 4)


def test_a_new_config_is_complete(with_gold: Run) -> None:
    """Nothing is left for fill-config to add to what init config wrote."""
    with_gold("init", "config", "my.cfg", "--pipeline", "tagger,ner", "--lang", "xx")
    with_gold("init", "fill-config", "my.cfg", "filled.cfg")
    assert Path("my.cfg").read_text(encoding="utf-8") == Path("filled.cfg").read_text(encoding="utf-8")
    assert engine.from_config("my.cfg").names == ["tok2vec", "tagger", "ner"]


def test_each_component_may_have_its_own_embedding(run: Run) -> None:
    """`--independent` writes a config without any listener."""
    run("init", "config", "my.cfg", "--pipeline", "tagger", "--independent")
    assert "Listener" not in Path("my.cfg").read_text(encoding="utf-8")
    assert engine.from_config("my.cfg").names == ["tagger"]


def test_an_existing_config_is_not_replaced_unasked(run: Run) -> None:
    """A second init config is a usage error, with --force it is not."""
    assert run("init", "config", "my.cfg").exit_code == 0
    assert run("init", "config", "my.cfg").exit_code == 2
    assert run("init", "config", "my.cfg", "--force").exit_code == 0


def test_a_config_error_shows_its_path_and_ends_with_78(with_gold: Run) -> None:
    """A wrong value in a config is named as section -> key."""
    with_gold("init", "config", "my.cfg", "--pipeline", "tagger")
    result = with_gold("debug", "config", "my.cfg", *CORPORA, "--training.max_steps", "many")
    assert result.exit_code == 78
    assert "training -> max_steps" in result.stderr
    assert with_gold("debug", "config", "my.cfg", *CORPORA).exit_code == 0


def test_training_data_is_counted_and_warned_of(with_gold: Run) -> None:
    """debug data says what a corpus holds and what is wrong with it."""
    with_gold("init", "config", "my.cfg", "--pipeline", "tagger")
    found = json.loads(with_gold("debug", "data", "my.cfg", *CORPORA, "--json").stdout)
    assert found["train"]["labels"]["tag"] == {"PROPN": 40, "VERB": 20, "PUNCT": 20}
    assert any("training corpus too" in warning for warning in found["warnings"])


def test_code_registers_functions_that_a_config_names(with_gold: Run, tmp_path: Path) -> None:
    """--code runs a user's file before the config is read."""
    (tmp_path / "mine.py").write_text(
        "import engine\n@engine.registry.schedules('cli_test.v1')\ndef make() -> float:\n    return 0.5\n",
        encoding="utf-8",
    )
    with_gold("init", "config", "my.cfg", "--pipeline", "tagger")
    words = (
        "debug",
        "config",
        "my.cfg",
        *CORPORA,
        "--training.optimizer.learn_rate",
        '{"@schedules": "cli_test.v1"}',
    )
    assert with_gold(*words).exit_code == 78
    assert with_gold(*words, "--code", "mine.py").exit_code == 0


def test_conllu_with_entities_becomes_jsonl_that_evaluates_alike(with_gold: Run, tokens_only: Path) -> None:
    """convert writes documents that evaluate reads; both forms of the data give the same scores."""
    assert (
        with_gold("convert", "gold.conllu", "gold.jsonl", "--entities", "gold.iob2", "--n-sents", 5).exit_code
        == 0
    )
    documents = [json.loads(line) for line in Path("gold.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [len(document["ents"]) for document in documents] == [5, 5, 5, 5]
    first = json.loads(with_gold("evaluate", tokens_only, "gold.jsonl", "--json").stdout)
    second = json.loads(with_gold("evaluate", tokens_only, "gold.conllu", "--n-sents", 5, "--json").stdout)
    assert first["token_f"] == second["token_f"] == 1.0


def test_prodigy_tasks_become_documents_and_rejected_ones_are_left_out(run: Run, tmp_path: Path) -> None:
    """convert reads Prodigy's JSONL: spans are entities, only accepted tasks count."""
    tasks = [
        {"text": "Ada sees Kigali.", "spans": [{"start": 9, "end": 15, "label": "LOC"}], "answer": a}
        for a in ("accept", "reject")
    ]
    (tmp_path / "tasks.jsonl").write_text("\n".join(map(json.dumps, tasks)), encoding="utf-8")
    (document,) = [json.loads(line) for line in run("convert", "tasks.jsonl").stdout.splitlines()]
    assert document["ents"] == [{"start": 9, "end": 15, "label": "LOC"}]


def test_prodigy_tasks_are_read_as_corrections_are(run: Run, tmp_path: Path) -> None:
    """One conversion for both: a choice makes categories, and what is no task that one can learn from is
    named with its line."""
    choice = {"text": "Rain fell.", "_view_id": "choice", "options": [{"id": "weather"}, {"id": "sport"}]}
    tasks = [choice | {"accept": ["weather"], "answer": "accept"}, {"text": "Ada", "answer": "ignore"}]
    (tmp_path / "tasks.jsonl").write_text("\n".join(map(json.dumps, tasks)), encoding="utf-8")
    (document,) = [json.loads(line) for line in run("convert", "tasks.jsonl").stdout.splitlines()]
    assert document["cats"] == {"weather": 1.0, "sport": 0.0}
    outside = {"text": "Ada", "spans": [{"start": 0, "end": 9, "label": "PER"}], "answer": "accept"}
    (tmp_path / "bad.jsonl").write_text("\n" + json.dumps(outside), encoding="utf-8")
    result = run("convert", "bad.jsonl")
    assert result.exit_code == 1
    assert "bad.jsonl:2: expected a place within the 3 characters" in result.stderr


def test_apply_leaves_out_bad_lines_and_says_so(run: Run, tokens_only: Path) -> None:
    """A line without a text costs the exit code 1, never the other lines."""
    result = run("apply", tokens_only, "-", "-", input='{"text":"one"}\n{"text":2}\n{"text":"three"}\n')
    assert [json.loads(line)["source"]["offset"] for line in result.stdout.splitlines()] == [1, 3]
    assert result.exit_code == 1
    assert "stdin:2" in result.stderr


def test_apply_keeps_the_order_of_many_lines(run: Run, tokens_only: Path, tmp_path: Path) -> None:
    """Slices run on several threads; what comes out is in the order of what went in."""
    (tmp_path / "in.txt").write_text("".join(f"Text number {i}.\n" for i in range(1500)), encoding="utf-8")
    assert run("apply", tokens_only, "in.txt", "out.jsonl", "--threads", 3).exit_code == 0
    texts = [json.loads(line)["text"] for line in Path("out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert texts == [f"Text number {i}." for i in range(1500)]


def test_docbin_files_are_written_and_read_again(with_gold: Run) -> None:
    """convert writes a .spacy file, and makes of it the JSONL that it makes of the corpus itself; evaluate
    reads it."""
    words = ("--entities", "gold.iob2", "--n-sents", 5)
    assert with_gold("convert", "gold.conllu", "gold.spacy", *words).exit_code == 0
    assert (
        with_gold("convert", "gold.spacy").stdout == with_gold("convert", "gold.conllu", "-", *words).stdout
    )


def test_apply_reads_and_writes_docbin_files(with_gold: Run, tokens_only: Path, tmp_path: Path) -> None:
    """Lines become a .spacy file; a .spacy file keeps its tokens, whatever the tokenizer would say."""
    doc = engine.blank("en").tokenizer.from_words(["Ki", "gali", "."], [False, False, False])
    writer = DocBinWriter()
    writer.add(doc.batch)
    writer.write(tmp_path / "in.spacy")
    assert with_gold("apply", tokens_only, "in.spacy", "again.spacy").exit_code == 0
    assert read_words(Path("again.spacy")) == [["Ki", "gali", "."]]
    assert json.loads(with_gold("apply", tokens_only, "again.spacy").stdout)["tokens"]["start"] == [0, 2, 6]
    result = with_gold("apply", tokens_only, "-", "lines.spacy", input='{"text":"Ada."}\n{"text":2}\n')
    assert (result.exit_code, read_words(Path("lines.spacy"))) == (1, [["Ada", "."]])


def test_a_damaged_docbin_file_is_named(with_gold: Run, tokens_only: Path, tmp_path: Path) -> None:
    """What is no .spacy file is one line on stderr."""
    (tmp_path / "bad.spacy").write_bytes(b"nothing")
    for words in (
        ("convert", "bad.spacy"),
        ("apply", tokens_only, "bad.spacy"),
        ("evaluate", tokens_only, "bad.spacy"),
    ):
        result = with_gold(*words)
        assert result.exit_code == 1
        assert "bad.spacy: expected a DocBin file" in result.stderr


def read_words(file: Path) -> list[list[str]]:
    """The words of each document of a file."""
    return [doc.words for doc in read_docbin(file, engine.blank("en").tokenizer.lexemes)]


def test_evaluate_draws_pages_of_what_the_pipeline_finds(with_gold: Run, tokens_only: Path) -> None:
    """A page for each layer that there is, of as many documents as asked for."""
    result = with_gold(
        "evaluate", GOLDEN / "cats", "gold.conllu", "--displacy", "pages", "--displacy-limit", 3
    )
    assert result.exit_code == 0
    assert [file.name for file in Path("pages").iterdir()] == ["entities.html"]
    assert Path("pages/entities.html").read_text(encoding="utf-8").count('<div class="fr-doc">') == 3
    assert "pages: none" in with_gold("evaluate", tokens_only, "gold.conllu", "--displacy", "none").stderr


def test_a_pipeline_is_calibrated_in_its_folder(with_gold: Run, tmp_path: Path) -> None:
    """calibrate writes beside the pipeline how far its confidences hold, and says what could be promised; one
    without entities and categories is refused in words."""
    trained_toy(shared("ner")).to_disk(tmp_path / "toy")
    told = with_gold("calibrate", "toy", "gold.iob2")
    assert told.exit_code == 0, told.output
    assert "20 documents" in told.output
    assert "max_error" in told.output
    assert calibration_in_json(with_gold("calibrate", "toy", "gold.iob2", "--json").stdout)
    assert read_calibration(tmp_path / "toy", engine.load(tmp_path / "toy").digest) is not None
    trained_toy(shared("tagger"), 1).to_disk(tmp_path / "tags")
    refused = with_gold("calibrate", "tags", "gold.iob2")
    assert refused.exit_code != 0
    assert "ner or textcat" in refused.output


def calibration_in_json(text: str) -> bool:
    """Whether this is the JSON of a calibration."""
    return json.loads(text)["layers"] == ["ents"]
