# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.config.aliases import ALIASES
from engine.config.registry import NAMESPACES, UnknownNameError, names_of, registry

PAIRS = [(namespace, name) for namespace, names in ALIASES.items() for name in names]


@pytest.mark.parametrize(("namespace", "name"), PAIRS)
def test_every_name_of_spacy_resolves(namespace: str, name: str) -> None:
    """Each alias leads to a function that is registered."""
    assert registry.has(namespace, name)
    assert callable(registry.get(namespace, name))


def test_every_function_can_be_asked_where_it_stands() -> None:
    """What was compiled has no line, and says so by None."""
    for namespace in NAMESPACES:
        for name in names_of(namespace):
            assert set(registry.find(namespace, name)) == {"module", "file", "line_no", "docstring"}
    compiled = registry.find("layers", "premap_ids.v1")
    assert (compiled["file"], compiled["line_no"]) == (None, None)
    assert compiled["module"]


@pytest.mark.parametrize(
    "name",
    [
        "Adam.v1",
        "compounding.v1",
        "warmup_linear.v1",
        "reduce_mean.v1",
        "Maxout.v1",
        "CategoricalCrossentropy.v1",
    ],
)
def test_names_of_thinc_resolve(name: str) -> None:
    """Thinc's own tables are part of ours."""
    namespaces = ("optimizers", "schedules", "layers", "losses")
    assert any(registry.has(namespace, name) for namespace in namespaces)


def test_own_function_is_found_and_listed() -> None:
    """What a user registers resolves by its name."""

    @registry.batchers("test_registry.v1")
    def configure(size: int) -> int:
        return size

    assert registry.get("batchers", "test_registry.v1") is configure
    assert "test_registry.v1" in names_of("batchers")


def test_functions_of_installed_packages_are_found(tmp_path: Path) -> None:
    """What a package offers under the entry point group of a namespace resolves by its name, and nobody
    imports the package before."""
    (tmp_path / "plugin.py").write_text("def configure(): return 7\n")
    info = tmp_path / "plugin-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[freshet_batchers]\nplugin.v1 = plugin:configure\n")
    program = (
        "import sys; from engine.config.registry import registry; assert 'plugin' not in sys.modules; "
        "print(registry.has('batchers', 'plugin.v1'), registry.get('batchers', 'plugin.v1')())"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "7"]


def test_every_namespace_is_there() -> None:
    """All namespaces can be listed."""
    assert all(isinstance(names_of(namespace), list) for namespace in NAMESPACES)


def test_miss_says_what_exists() -> None:
    """A name that nobody registered lists those that are."""
    with pytest.raises(UnknownNameError, match=r"there are: spacy.Tokenizer.v1|freshet.Tokenizer.v1"):
        registry.get("tokenizers", "none.v1")
