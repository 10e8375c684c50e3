"""Files that are damaged: refused with their name, or harmless; never a crash, a hang or a flood of
memory."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

import engine
from engine import EngineError, ModelFileError

from .damage import unexpected

GOLDEN = Path(__file__).parent / "golden"

FILES = [
    ("heads", "config.cfg"),
    ("heads", "meta.json"),
    ("heads", "tokenizer"),
    ("heads", "dots.json"),
    ("heads", "vocab/strings.json"),
    ("heads", "vocab/lookups.bin"),
    ("heads", "morphologizer/cfg"),
    ("heads", "tok2vec/model"),
    ("heads", "ner/moves"),
    ("heads", "ner/model"),
    ("parser", "parser/moves"),
    ("parser", "parser/model"),
    ("static", "vocab/vectors"),
    ("static", "vocab/key2row"),
    ("floret", "vocab/vectors.cfg"),
    ("cats", "textcat/model"),
    ("lemmas", "rules/lookups/lookups.bin"),
    ("lemmas", "words/lookups/lookups.bin"),
    ("lemmas", "trees/trees"),
    ("lemmas", "trees/cfg"),
    ("spans", "spancat/model"),
    ("spans", "single/cfg"),
]
"""One file of each kind, and two more kinds of model."""


@pytest.mark.parametrize(("pipeline", "name"), FILES)
def test_damage_is_refused_or_harmless(pipeline: str, name: str, tmp_path: Path) -> None:
    """Twenty damaged copies of each kind of file."""
    assert unexpected(GOLDEN / pipeline, name, tmp_path / "damaged", n=20, seed=0) == []


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("pipeline", "name"), FILES)
def test_much_damage_is_refused_or_harmless(pipeline: str, name: str, tmp_path: Path) -> None:
    """Ten thousand damaged copies of each kind of file, in less than another gigabyte of memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert unexpected(GOLDEN / pipeline, name, tmp_path / "damaged", n=10_000, seed=1) == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20


@pytest.mark.parametrize(("pipeline", "name"), FILES)
def test_a_truncated_file_is_refused_with_its_name(pipeline: str, name: str, tmp_path: Path) -> None:
    """Half a file is never taken for a whole one."""
    folder = copied(pipeline, tmp_path)
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(EngineError, match=name.rpartition("/")[2]):
        engine.load(folder)


@pytest.mark.parametrize("name", ["tokenizer", "tagger/model", "tagger/cfg", "ner/moves", "vocab/key2row"])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    """What the pipeline needs and what is not there."""
    folder = copied("static" if name.startswith("vocab") else "heads", tmp_path)
    (folder / name).unlink()
    with pytest.raises(ModelFileError, match=f"{name}|labels"):
        engine.load(folder)


def test_a_component_that_is_not_here_is_named(tmp_path: Path) -> None:
    """An unknown factory lists what exists; leaving the component out loads the rest."""
    folder = copied("heads", tmp_path)
    config = (folder / "config.cfg").read_text(encoding="utf8")
    (folder / "config.cfg").write_text(
        config.replace('factory = "morphologizer"', 'factory = "fortune_teller"'), encoding="utf8"
    )
    with pytest.raises(
        EngineError,
        match=r"'morphologizer' is made by the factory 'fortune_teller'.*there are: .*tagger.*--exclude",
    ):
        engine.load(folder)
    assert engine.load(folder, exclude=["morphologizer"]).names == ["tok2vec", "tagger", "dots", "ner"]


def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    """A component's name is a folder in the pipeline's own, never a path."""
    folder = copied("heads", tmp_path)
    config = (folder / "config.cfg").read_text(encoding="utf8")
    (folder / "config.cfg").write_text(
        config.replace('"tagger"', '"../tagger"', 1).replace("components.tagger", "components.../tagger")
    )
    with pytest.raises(EngineError):
        engine.load(folder)


def copied(pipeline: str, tmp_path: Path) -> Path:
    """A copy of a golden pipeline that a test may spoil."""
    folder = tmp_path / pipeline
    for file in (GOLDEN / pipeline).rglob("*"):
        if file.is_file():
            target = folder / file.relative_to(GOLDEN / pipeline)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    return folder
