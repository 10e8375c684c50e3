# SPDX-License-Identifier: Apache-2.0
"""Every CPU level that this CPU has, down to the lowest: the same annotations, numbers as near as said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.jit.cpu_level import VARIABLE, host_levels
from engine.kernels import choose_backend
from engine.kernels.product import product
from tests.engine.batches import bare_batch
from tests.engine.kernels.encoders import random_weights, random_words, reference_vectors
from tests.engine.kernels.test_encoder import LENGTHS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # a process a level, that may compile all kernels

LEVELS = [level.name for level in host_levels()]
ROUNDS_TWICE = ("x86-64-v2",)
"""Levels without an instruction that multiplies and adds in one rounding."""

UNIT = 2.0**-24
"""The largest relative error of one rounding in float32."""
STARTER, PROSE = Path("models/en_starter"), (Path("LICENSE"), Path("models/en_starter/LICENSE.txt"))

COMPUTE = """
import sys
sys.path.insert(0, ".")
import numpy
from tests.engine.kernels.test_levels import computed
numpy.savez(sys.argv[1], **computed())
"""


def computed() -> dict[str, Any]:
    """A product as training makes it, an encoder's vectors by two back ends, annotations of 4,300 words."""
    encoders = {name: choose_backend(name).encoder(random_weights()) for name in ("fp32", "auto")}
    vectors = {name: encoder.encode(batch()) for name, encoder in encoders.items()}
    texts = "\n\n".join(path.read_text(encoding="utf-8") for path in PROSE).split("\n\n")
    docs = [str(doc.to_json()) for doc in engine.load(STARTER).pipe(texts)]
    return {"product": product(*operands()), "docs": np.array(docs), **vectors}


def operands() -> tuple[Any, Any]:
    """Two arrays to multiply."""
    rng = np.random.default_rng(0)
    return tuple(rng.standard_normal(shape).astype(np.float32) for shape in ((65, 300), (300, 97)))


def batch() -> Any:
    """Documents of many lengths."""
    return bare_batch(random_words(1, LENGTHS))


@pytest.fixture(scope="module", params=LEVELS)
def level(request: pytest.FixtureRequest, results: dict[str, Any]) -> tuple[str, Any]:
    """A level, and what a process computes that pretends to have no more."""
    return request.param, results[request.param]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each level computes."""
    found = {}
    for name in LEVELS:
        path = tmp_path_factory.mktemp("levels") / f"{name}.npz"
        environ = {**os.environ, VARIABLE: name}
        subprocess.run([sys.executable, "-c", COMPUTE, str(path)], env=environ, check=True)
        found[name] = np.load(path)
    return found


def test_annotations_are_the_same(level: tuple[str, Any], results: dict[str, Any]) -> None:
    """All layers of the starter, over English prose."""
    assert (level[1]["docs"] == results[LEVELS[0]]["docs"]).all()


def test_products_have_the_same_bits_where_a_step_is_rounded_once(
    level: tuple[str, Any], results: dict[str, Any]
) -> None:
    """So a model learned on one CPU has the bits of one learned on another."""
    same = bool((level[1]["product"] == results[LEVELS[0]]["product"]).all())
    assert same == ((level[0] in ROUNDS_TWICE) == (LEVELS[0] in ROUNDS_TWICE))


def test_products_err_no_more_than_their_roundings(level: tuple[str, Any]) -> None:
    """In units of the sum of the products' sizes at most 8 of the worst case's 300: 3.5 were measured where a
    step is rounded once, 3.1 where it is rounded twice."""
    x, y = (operand.astype(np.float64) for operand in operands())
    size = np.abs(x) @ np.abs(y)
    assert (np.abs(level[1]["product"] - x @ y) <= 8 * UNIT * size).all()


def test_vectors_are_those_of_the_formulas(level: tuple[str, Any]) -> None:
    """An encoder of depth four errs by at most 3e-5 in values of up to 10; with Winograd's products by 4e-5.
    Measured: 1.2e-5 and 1.2e-5 at most, with Winograd's 1.5e-5 (SSE) and 1.8e-5 (AVX2)."""
    wanted = reference_vectors(random_weights(), batch())
    assert np.abs(level[1]["fp32"] - wanted).max() <= 3e-5
    assert np.abs(level[1]["auto"] - wanted).max() <= 4e-5
