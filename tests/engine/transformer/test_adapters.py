# SPDX-License-Identifier: Apache-2.0
"""Adapters of low rank: PEFT's files, many in one pack, learning alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from engine.transformer import Backend, Precision, TransformerError  # noqa: E402
from engine.transformer.adapted import AdaptedEncoder  # noqa: E402
from engine.transformer.encoder import Outputs  # noqa: E402
from engine.transformer.lora import CONFIG, WEIGHTS, Adapter, LoraConfig  # noqa: E402

from .tiny import tiny_encoder  # noqa: E402

LENGTHS = (5, 1, 9, 4, 12, 3)
TARGETS = {
    "bert": ("query", "value"),
    "roberta": ("query", "key", "value", "dense"),
    "distilbert": ("q_lin", "v_lin"),
    "modernbert": ("Wqkv",),
    "deberta-v2": ("query_proj", "value_proj"),
}


def spans() -> tuple[Any, Any]:
    """Pieces of six spans."""
    rng = np.random.default_rng(3)
    return rng.integers(5, 100, sum(LENGTHS)), np.concatenate([[0], np.cumsum(LENGTHS)])


def adapted(family: str, names: str, backend: Backend | None = None) -> AdaptedEncoder:
    """An encoder with adapters whose B is not zero."""
    made = AdaptedEncoder(tiny_encoder(family, backend))
    for seed, name in enumerate(names):
        made.add_new(name, LoraConfig(r=2 + seed, lora_alpha=8, target_modules=TARGETS[family]), seed)
        filled = made.adapter(name)
        rng = np.random.default_rng(seed)
        weights = {
            module: (a, rng.normal(size=b.shape).astype("float32") * 0.3)
            for module, (a, b) in filled.weights.items()
        }
        made.add(name, Adapter(filled.config, weights))
    return made


@pytest.mark.parametrize("family", TARGETS)
def test_spans_of_different_adapters_share_a_batch(family: str) -> None:
    """Each has the rows that the merged weights W + scale B A give it, alone; spans without one those of the
    encoder."""
    encoder = adapted(family, "xyz")
    ids, lens = spans()
    names = ["x", None, "y", "x", "z", "y"]
    together = encoder.encode(ids, lens, names).last
    plain = encoder.encoder.encode(ids, lens).last
    assert np.allclose(plain[5:6], together[5:6], atol=1e-5)
    assert not np.allclose(plain[:5], together[:5], atol=1e-2)
    for span, name in enumerate(names):
        alone = merged(family, encoder, name).encode(
            ids[lens[span] : lens[span + 1]], np.array([0, LENGTHS[span]])
        )
        assert np.allclose(alone.last, together[lens[span] : lens[span + 1]], atol=1e-4), name


def test_no_spans_have_no_rows() -> None:
    """A batch of empty texts is one of no rows, as without adapters."""
    nothing = np.zeros(0, np.int32), np.zeros(1, np.int32)
    expected = tiny_encoder("bert").encode(*nothing).last
    assert adapted("bert", "x").encode(*nothing, []).last.shape == expected.shape


def merged(family: str, encoder: AdaptedEncoder, name: str | None) -> Any:
    """The same encoder with an adapter multiplied into its weights."""
    other = tiny_encoder(family)
    if name is None:
        return other
    adapter = encoder.adapter(name)
    state = other.state()
    for module, (a, b) in adapter.weights.items():
        state[f"{module}.weight"] = state[f"{module}.weight"] + adapter.config.scale_of(module) * (b @ a)
    other.load(state)
    return other


def test_all_layers_and_the_pooler_come_back_in_order() -> None:
    """As they were given, in small packs, too."""
    encoder = adapted("bert", "xy", Backend(budget=8))
    ids, lens = spans()
    names = ["y", "x", None, "y", "x", None]
    whole = encoder.encode(ids, lens, names, Outputs(layers=True, pooler=True))
    assert whole.layers is not None
    assert whole.pooled is not None
    assert (len(whole.layers), whole.pooled.shape) == (4, (6, 32))
    assert np.array_equal(whole.layers[-1], whole.last)
    for span, name in enumerate(names):
        rows = slice(lens[span], lens[span + 1])
        alone = encoder.encode(ids[rows], np.array([0, LENGTHS[span]]), [name], Outputs(pooler=True))
        assert alone.pooled is not None
        assert np.allclose(alone.last, whole.last[rows], atol=1e-5)
        assert np.allclose(alone.pooled[0], whole.pooled[span], atol=1e-5)


def test_adapters_go_with_a_lower_precision() -> None:
    """The copy in bf16 has them, and is the encoder's where no adapter is named."""
    encoder = adapted("bert", "x", Backend(precision=Precision.BF16))
    ids, lens = spans()
    plain = encoder.encoder.encode(ids, lens).last
    assert np.array_equal(encoder.encode(ids, lens, [None] * 6).last, plain)
    assert np.abs(encoder.encode(ids, lens, ["x"] * 6).last - plain).mean() > 0.1


def test_only_the_adapter_learns() -> None:
    """A and B get gradients, the encoder none; a step lowers the loss, and the first forward is the
    encoder's."""
    encoder = AdaptedEncoder(tiny_encoder("bert"))
    encoder.add_new("new", LoraConfig(r=4, lora_alpha=16, target_modules=["query", "value"]))
    ids, lens = spans()
    before = encoder.encoder.state()
    wanted = np.random.default_rng(0).normal(size=(len(ids), 32)).astype("float32")
    optimizer = torch.optim.Adam(encoder.parameters("new").values(), lr=0.01)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        rows, backprop = encoder.begin_update("new", ids, lens)
        losses.append(float(((rows.last - wanted) ** 2).mean()))
        backprop(2 * (rows.last - wanted) / wanted.size, None)
        assert encoder.encoder.gradients() == {}
        optimizer.step()
    assert losses == sorted(losses, reverse=True)
    assert np.allclose(encoder.encoder.encode(ids, lens).last, tiny_encoder("bert").encode(ids, lens).last)
    assert all(np.array_equal(before[name], array) for name, array in encoder.encoder.state().items())
    assert encoder.adapter("new").n_bytes == 3 * 2 * 4 * (32 + 32) * 4


def test_peft_files_are_written_and_read(tmp_path: Path) -> None:
    """By PEFT's names; of a model with a head around the encoder, too."""
    encoder = adapted("bert", "x")
    adapter = encoder.adapter("x")
    adapter.to_disk(tmp_path)
    config = json.loads((tmp_path / CONFIG).read_text())
    assert (config["peft_type"], config["r"], config["lora_alpha"]) == ("LORA", 2, 8)
    assert config["target_modules"] == ["query", "value"]
    arrays = load((tmp_path / WEIGHTS).read_bytes())
    name = "base_model.model.encoder.layer.0.attention.self.query.lora_A.weight"
    assert arrays[name].shape == (2, 32)
    around = {
        key.replace("base_model.model.", "base_model.model.bert."): array for key, array in arrays.items()
    }
    around["base_model.model.classifier.weight"] = np.zeros((2, 32), "float32")
    (tmp_path / WEIGHTS).write_bytes(save(around))
    read = Adapter.from_disk(tmp_path, encoder.modules)
    assert set(read.weights) == set(adapter.weights)
    for module, (a, b) in read.weights.items():
        assert np.array_equal(a, adapter.weights[module][0])
        assert np.array_equal(b, adapter.weights[module][1])


def test_targets_and_scales_are_those_of_peft() -> None:
    """Names or their ends, a pattern, all; ranks and scales by pattern; rsLoRA."""
    names = ["layer.0.query", "layer.0.value", "layer.1.query", "pooler.dense"]
    assert LoraConfig(target_modules=["query"]).targets(names) == ["layer.0.query", "layer.1.query"]
    assert LoraConfig(target_modules=r"layer\.0\..*").targets(names) == names[:2]
    assert LoraConfig(target_modules="all-linear").targets(names) == names[:3]
    config = LoraConfig(r=4, lora_alpha=8, rank_pattern={"layer.0.query": 16}, alpha_pattern={"value": 2})
    assert [config.rank_of(name) for name in names] == [16, 4, 4, 4]
    assert [config.scale_of(name) for name in names] == [0.5, 0.5, 2, 2]
    assert LoraConfig(r=16, lora_alpha=8, use_rslora=True).scale_of("x") == 2
    with pytest.raises(TransformerError, match=r"there are: dense, query, value"):
        LoraConfig(target_modules=["Wqkv"]).targets(names)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"peft_type": "IA3"}, "peft_type LORA"),
        ({"use_dora": True}, "use_dora"),
        ({"bias": "all"}, "bias"),
        ({"r": 0}, "rank r"),
        ({"r": 3}, "expected rank 3"),
    ],
)
def test_adapters_of_another_kind_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """What would be computed otherwise is not passed over."""
    encoder = adapted("bert", "x")
    encoder.adapter("x").to_disk(tmp_path)
    config = json.loads((tmp_path / CONFIG).read_text())
    (tmp_path / CONFIG).write_text(json.dumps(config | change))
    with pytest.raises(TransformerError, match=message):
        Adapter.from_disk(tmp_path, encoder.modules)


def test_an_adapter_of_another_encoder_is_refused(tmp_path: Path) -> None:
    """And a name that nobody gave."""
    adapted("distilbert", "x").adapter("x").to_disk(tmp_path)
    encoder = adapted("bert", "y")
    with pytest.raises(TransformerError, match="a layer of this encoder"):
        Adapter.from_disk(tmp_path, encoder.modules)
    ids, lens = spans()
    with pytest.raises(TransformerError, match="'z'; there are: y"):
        encoder.encode(ids, lens, ["z"] * 6)
    encoder.remove("y")
    assert encoder.names == []
