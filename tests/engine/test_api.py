# SPDX-License-Identifier: Apache-2.0
"""The engine's public names: all there, and none of them paid for before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import engine


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
