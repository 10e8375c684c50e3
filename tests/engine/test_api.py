# SPDX-License-Identifier: Apache-2.0
"""The engine's public names: all there, and none of them paid for before it is used."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import catalogue
import pytest

import engine
from engine.config.registry import NAMESPACES_OF_LEARNING, names_of
from engine.training import registered


def test_importing_the_engine_costs_nothing() -> None:
    """No third party's module comes with it."""
    code = (
        "import engine, sys; assert not {'numpy', 'thinc', 'numba', 'confection', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["load", "Doc", "registry", "lookups", "suggesters", "category_scores"])
def test_a_public_name_is_there_when_it_is_asked_for_first(name: str) -> None:
    """In a process that has asked for nothing else; modules keep the names that they had."""
    subprocess.run([sys.executable, "-c", f"from engine import {name}"], check=True)


@pytest.mark.parametrize("name", ["training.pretraining", "pipeline.save", "pipeline.learning", "vectors"])
def test_a_file_is_there_when_it_is_imported_first(name: str) -> None:
    """What it takes of the folders beside it does not bring all public names, which need it themselves."""
    subprocess.run([sys.executable, "-c", f"import engine.{name}"], check=True)


def test_a_folder_that_is_asked_for_comes_alone() -> None:
    """Not with all that api.py knows."""
    code = "import engine, sys; engine.vectors.VectorTable; assert 'engine.api' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_all_names_are_there_and_no_others() -> None:
    """`__all__` and `dir` list them; another name is an error that says so."""
    assert {"load", "blank", "replay_mix", "filtering_batch", "rule_scores"} <= set(engine.__all__)
    assert set(engine.__all__) <= set(dir(engine))
    with pytest.raises(AttributeError, match="module 'engine' has no attribute 'nothing'"):
        _ = engine.nothing  # type: ignore[attr-defined]


def test_the_function_registry_knows_ours_before_the_engine_is_used() -> None:
    """A look-up imports what registers."""
    code = "from engine.config.registry import registry; registry.get('factories', 'tagger')"
    subprocess.run([sys.executable, "-c", code], check=True)


WITHOUT_LEARNING = """
import sys
import engine
assert engine.load("models/en_starter")("Ada met Grace.").ents
saved_elsewhere = engine.load("tests/engine/spacy_files/golden/heads")
assert saved_elsewhere("Ada met Grace.")[0].tag
folders = {tuple(name.split(".")[:2]) for name in sys.modules}
assert not folders & {("engine", "training"), ("engine", "annotation"), ("schemas",)}, folders
from engine.config.config import read_config
whole = read_config("tests/engine/spacy_files/golden/heads/config.cfg")
for section in ("corpora", "training"):
    assert saved_elsewhere.config[section] == whole[section]
assert engine.registry.get("readers", "spacy.Corpus.v1").__module__ == "engine.training.corpus"
assert engine.replay_mix.__name__ == "engine.training.rehearsal"
"""


def test_annotating_imports_nothing_of_learning() -> None:
    """A pipeline is loaded and annotates without it, one that spaCy saved, too, whose config is still whole
    once somebody looks at it; a reader's name, or a public one, brings it."""
    subprocess.run([sys.executable, "-c", WITHOUT_LEARNING], check=True)


def test_a_config_is_whole_once_somebody_looks_at_it(tmp_path: Path) -> None:
    """Arguments of what only learning needs are written in then: also where the folder's config has none."""
    golden = Path("tests/engine/spacy_files/golden/heads")
    shutil.copytree(golden, tmp_path / "heads")
    config = tmp_path / "heads" / "config.cfg"
    config.write_text(config.read_text().replace("tolerance = 0.2\nget_length = null\n", ""))
    batcher = engine.load(tmp_path / "heads").config["training"]["batcher"]
    assert batcher == engine.load(golden).config["training"]["batcher"]
    assert batcher["get_length"] is None


def test_what_learning_registers_is_found_by_its_namespace() -> None:
    """Every function of `engine.training` is in a namespace for which the registry imports it."""
    for namespace in NAMESPACES_OF_LEARNING:
        names_of(namespace)
    folder = Path(registered.__file__).parent
    files = {path.stem for path in folder.glob("*.py") if "@registry." in path.read_text()}
    of_learning = [
        (key[-2], function.__module__)
        for key, function in catalogue.REGISTRY.items()
        if (getattr(function, "__module__", "") or "").startswith("engine.training.")
    ]
    assert {module.rpartition(".")[2] for _, module in of_learning} == files
    assert {namespace for namespace, _ in of_learning} <= set(NAMESPACES_OF_LEARNING)
