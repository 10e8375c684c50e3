# SPDX-License-Identifier: Apache-2.0
"""Commands on pipelines that spaCy saved: as they are, in parts, and converted."""

from __future__ import annotations

import json
from pathlib import Path

import engine

from .conftest import Run

GOLDEN = Path(__file__).parents[2] / "engine" / "spacy_files" / "golden"
LINE = '{"id":"a","text":"Ada sees Kigali."}\n'


def layers_of(line: str) -> set[str]:
    """Names of the layers in an annotation."""
    row = json.loads(line)
    return {*row["tokens"], *row} - {"start", "end", "tokens", "id", "text", "lang", "model", "source"}


def test_apply_takes_the_folder_as_it_is(run: Run) -> None:
    """Every layer of the pipeline is written."""
    result = run("apply", GOLDEN / "heads", "-", "-", input=LINE)
    assert result.exit_code == 0, result.output
    assert layers_of(result.stdout) == {"tag", "pos", "morph", "sents", "ents"}


def test_components_can_be_left_out_or_chosen(run: Run) -> None:
    """`--exclude` leaves out; `--components` keeps only what is named, and the vectors that it listens to."""
    without = run(
        "apply", GOLDEN / "heads", "-", "-", "--exclude", "ner,dots", "--exclude", "morphologizer", input=LINE
    )
    assert layers_of(without.stdout) == {"tag"}
    only = run("apply", GOLDEN / "heads", "-", "-", "--components", "ner", input=LINE)
    assert layers_of(only.stdout) == {"ents"}


def test_a_component_that_is_not_there_is_a_usage_error(run: Run) -> None:
    """A misspelt name lists those that exist."""
    result = run("apply", GOLDEN / "heads", "-", "-", "--components", "nre", input=LINE)
    assert result.exit_code == 2
    assert "tok2vec, tagger, morphologizer, dots, ner" in " ".join(result.output.replace("│", " ").split())


def test_convert_saves_it_in_our_own_form(run: Run, tmp_path: Path) -> None:
    """The result has the digest of the folder as it was, less what was left out."""
    result = run("convert", GOLDEN / "static", "own", "--exclude", "tagger")
    assert result.exit_code == 0, result.output
    converted = engine.load(tmp_path / "own")
    assert converted.names == ["tok2vec", "second", "senter"]
    assert (tmp_path / "own" / "vectors.safetensors").is_file()
    assert converted.digest == engine.load(GOLDEN / "static", exclude=["tagger"]).digest
