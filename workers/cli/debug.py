# SPDX-License-Identifier: Apache-2.0
"""`freshet debug`: look before training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.table import Table

import engine
from engine import Config
from engine.config.config import interpolate_config
from engine.training.debug_data import CorpusSummary, summarize, warnings_of
from engine.training.train import resolve_corpora, training_settings

from .config_overrides import PASS_THROUGH, read_overrides
from .console import err, out, print_json
from .options import CodeOption, ConfigArgument, JsonOption
from .user_code import load_code

app = typer.Typer(
    help="Look at training data or a config before training.", no_args_is_help=True, add_completion=False
)
SHOWN_LABELS = 20
COUNTS = {
    "n_docs": "documents",
    "n_tokens": "tokens",
    "n_gold_tokens": "gold words",
    "n_sents": "sentences",
    "n_misaligned": "tokens without a word of their own",
    "n_crossed_ents": "entities that cross tokens",
    "n_unknown_ents": "documents without entities annotated",
}


@app.command("config", context_settings=PASS_THROUGH)
def debug_config(
    ctx: typer.Context,
    config: ConfigArgument,
    code: CodeOption = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print the config with all references replaced.")
    ] = False,
) -> None:
    """Make everything that a config names, without training; the first thing that is wrong is an error with
    its path."""
    load_code(code)
    read = engine.read_config(config, read_overrides(ctx.args))
    pipeline = engine.from_config(read)
    resolve_corpora(read, training_settings(pipeline))
    if show:
        out.print(interpolate_config(read).to_str(), markup=False)
        return
    out.print(_overview(read))
    out.print("the config is good: every name is known, every value has its type")


@app.command("data", context_settings=PASS_THROUGH)
def debug_data(
    ctx: typer.Context, config: ConfigArgument, code: CodeOption = None, as_json: JsonOption = False
) -> None:
    """Read both corpora as training would, count what they hold, and warn of what would go wrong."""
    load_code(code)
    read = engine.read_config(config, read_overrides(ctx.args))
    pipeline = engine.from_config(read)
    summaries: dict[str, CorpusSummary] = {}
    for name, corpus in resolve_corpora(read, training_settings(pipeline)).items():
        with err.status(f"reading the {name} corpus"):
            summaries[name] = summarize(corpus(pipeline))
    warnings = warnings_of(summaries["train"], summaries["dev"])
    if as_json:
        return print_json(
            {name: _as_json(summary) for name, summary in summaries.items()} | {"warnings": warnings}
        )
    out.print(_counts(summaries))
    for layer in (layer for layer, counts in summaries["train"].labels.items() if counts):
        out.print(_labels(layer, summaries))
    for warning in warnings:
        out.print(f"look: {warning}", style="yellow", markup=False)
    return out.print("nothing to warn of" if not warnings else f"{len(warnings)} warnings")


def _as_json(summary: CorpusSummary) -> dict[str, object]:
    counted = {name: getattr(summary, name) for name in COUNTS}
    return counted | {
        "labels": {layer: dict(counts.most_common()) for layer, counts in summary.labels.items()}
    }


def _counts(summaries: Mapping[str, CorpusSummary]) -> Table:
    table = Table("", *summaries, box=None, pad_edge=False)
    for name, title in COUNTS.items():
        table.add_row(title, *(f"{getattr(summary, name):,}" for summary in summaries.values()))
    return table


def _labels(layer: str, summaries: Mapping[str, CorpusSummary]) -> Table:
    table = Table(layer, *summaries, box=None, pad_edge=False)
    in_dev = summaries["dev"].labels.get(layer, Counter())
    for label, count in summaries["train"].labels[layer].most_common(SHOWN_LABELS):
        table.add_row(label, f"{count:,}", f"{in_dev[label]:,}")
    left = len(summaries["train"].labels[layer]) - SHOWN_LABELS
    if left > 0:
        table.add_row(f"and {left} more", "", "")
    return table


def _overview(config: Config) -> Table:
    values = interpolate_config(config)
    table = Table("component", "made by", "model", "embedding", box=None, pad_edge=False)
    for name in values["nlp"]["pipeline"]:
        block = values["components"][name]
        model = block.get("model", {})
        embedding = model.get("tok2vec", {}).get("@architectures", "-")
        table.add_row(
            name,
            str(block.get("factory", block.get("source", "-"))),
            str(model.get("@architectures", "-")),
            str(embedding),
        )
    return table
