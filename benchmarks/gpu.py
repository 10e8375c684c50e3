# SPDX-License-Identifier: Apache-2.0
"""A BERT-base-shaped encoder on a GPU in bf16: its share of the matrix ceiling, and of itself end to end.

Prepared, not yet run: no GPU has been at hand. Takes less than eight minutes. What it prints:

1. the ceiling: the largest rate of one square product in bf16;
2. packed encoding, by budget: pieces a second, share of the ceiling (goal 0.55, better 0.70), rows against
fp32 on the
   CPU, the same bits beside other neighbours (fixed splits);
3. end to end: pieces to vectors of tokens in the host's memory, its share of 2 without the copies (goal
0.75); 4. a race on purpose: a long product, then rows that are read back at once;
5. memory that runs out: halved packs, counted.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from engine.lazy_torch import torch
from engine.transformer import Backend, Encoder, Precision, Reducer, TokenRows, build_encoder, pool

DEVICE = "cuda:0"
SHAPE: dict[str, Any] = {
    "model_type": "bert",
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
}
BUDGETS = (4096, 16384, 65536)
N_PIECES = 1 << 18


def main() -> None:
    if not torch.cuda.is_available():
        sys.exit("expected a GPU that torch sees, there is none; this benchmark runs where one is lent")
    print(torch.cuda.get_device_name(0), "torch", torch.__version__)
    ceiling = matrix_ceiling()
    print(f"ceiling: {ceiling / 1e12:.1f} TFLOP/s in bf16")
    ids, cu_seq_lens = spans(N_PIECES)
    encoder = build_encoder(SHAPE, backend=Backend(DEVICE, Precision.BF16, fixed_splits=True))
    print(encoder.note)
    for budget in BUDGETS:
        rate = pieces_a_second(encoder, ids, cu_seq_lens, budget)
        share = rate * flops_a_piece(cu_seq_lens) / ceiling
        print(f"budget {budget:6}: {rate:12,.0f} pieces/s, {share:.2f} of the ceiling")
    end_to_end(encoder, ids, cu_seq_lens)
    correctness(encoder)
    race(encoder, ids, cu_seq_lens)
    memory(encoder, ids, cu_seq_lens)


def matrix_ceiling(size: int = 8192) -> float:
    left, right = (torch.randn(size, size, device=DEVICE, dtype=torch.bfloat16) for _ in range(2))
    seconds = best_seconds(lambda: left @ right, 10)
    return 2 * size**3 / seconds


def flops_a_piece(cu_seq_lens: Any) -> float:
    """Products of the linear layers, and of attention for spans of these lengths."""
    width, inner, layers = SHAPE["hidden_size"], SHAPE["intermediate_size"], SHAPE["num_hidden_layers"]
    lengths = np.diff(cu_seq_lens).astype(float)
    attention = 4 * width * (lengths**2).sum() / lengths.sum()
    return float(layers * (2 * (4 * width * width + 2 * width * inner) + attention))


def spans(n_pieces: int, seed: int = 0) -> tuple[Any, Any]:
    """Lengths as of documents: 16 to 512, mean about 110."""
    rng = np.random.default_rng(seed)
    lengths = np.clip(rng.lognormal(4.4, 0.8, n_pieces // 60), 16, 512).astype(int)
    lengths = lengths[np.cumsum(lengths) <= n_pieces]
    cu_seq_lens = np.concatenate([[0], np.cumsum(lengths)])
    return rng.integers(1000, 30000, int(cu_seq_lens[-1])).astype(np.int32), cu_seq_lens


def pieces_a_second(encoder: Encoder, ids: Any, cu_seq_lens: Any, budget: int) -> float:
    return len(ids) / best_seconds(lambda: encoder.encode(ids, cu_seq_lens, budget=budget), 3)


def end_to_end(encoder: Encoder, ids: Any, cu_seq_lens: Any) -> None:
    """Vectors of tokens, every fifth of two pieces, beside the encoder whose rows stay on the GPU."""
    firsts = np.flatnonzero(np.arange(len(ids)) % 6 != 5)
    alignment = TokenRows(np.concatenate([firsts, [len(ids)]]), np.arange(len(ids)))
    whole = best_seconds(lambda: pool(encoder.encode(ids, cu_seq_lens).last, alignment, Reducer.MEAN), 3)
    device_only = best_seconds(lambda: on_device(encoder, ids, cu_seq_lens), 3)
    print(f"end to end: {len(ids) / whole:,.0f} pieces/s, {device_only / whole:.2f} of the encoder alone")


def on_device(encoder: Encoder, ids: Any, cu_seq_lens: Any) -> None:
    with torch.inference_mode():
        for _ in encoder.tensors(ids, cu_seq_lens):
            pass


def correctness(encoder: Encoder) -> None:
    ids, cu_seq_lens = spans(4096)
    rows = encoder.encode(ids, cu_seq_lens).last
    exact = build_encoder(SHAPE, encoder.state()).encode(ids, cu_seq_lens).last
    cosine = (rows * exact).sum(1) / np.linalg.norm(rows, axis=1) / np.linalg.norm(exact, axis=1)
    first = encoder.encode(ids[: cu_seq_lens[1]], cu_seq_lens[:2]).last
    same = np.array_equal(first, rows[: cu_seq_lens[1]])
    print(
        f"against fp32 on the CPU: cosine at least {cosine.min():.4f}; alone and beside others the same "
        f"bits: {same}"
    )


def race(encoder: Encoder, ids: Any, cu_seq_lens: Any) -> None:
    """Rows that are read before a long product has ended would differ."""
    expected = encoder.encode(ids, cu_seq_lens).last
    big = torch.randn(8192, 8192, device=DEVICE)
    for _ in range(3):
        big = torch.tanh(big @ big)
        if not np.array_equal(encoder.encode(ids, cu_seq_lens).last, expected):
            sys.exit("rows differ behind a long product: streams do not wait for each other")
    print("rows behind a long product: the same bits")


def memory(encoder: Encoder, ids: Any, cu_seq_lens: Any) -> None:
    """Most of the memory is taken; packs are halved until they fit."""
    free, _ = torch.cuda.mem_get_info()
    taken = torch.empty(int(free * 0.97), dtype=torch.uint8, device=DEVICE)
    encoder.encode(ids, cu_seq_lens, budget=N_PIECES)
    print(f"with 3 % of the memory: {dict(encoder.memory.counts)}")
    del taken


def best_seconds(run: Any, times: int) -> float:
    run()
    found = []
    for _ in range(times):
        torch.cuda.synchronize()
        began = time.perf_counter()
        run()
        torch.cuda.synchronize()
        found.append(time.perf_counter() - began)
    return min(found)


if __name__ == "__main__":
    main()
