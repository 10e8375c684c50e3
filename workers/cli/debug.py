# SPDX-License-Identifier: Apache-2.0
"""`freshet debug`: look before training, and at what was trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table

import engine
from engine import Config, EngineError, fill_config
from engine.cli.config_problems import config_problems
from engine.cli.debug_data import debug_data as read_data
from engine.cli.debug_model import Shown
from engine.cli.debug_model import debug_model as tell_model
from engine.cli.fill_config import difference
from engine.cli.find_function import place_of
from engine.cli.init_config import init_config
from engine.cli.profile import profile as profile_pipeline
from engine.cli.quickstart import Optimize
from engine.cli.train import require_cpu
from engine.config.config import interpolate_config, short
from engine.pipeline.pattern_engines import pattern_engines
from engine.tokenizers import kind_of_rules
from engine.training.data_findings import Level
from engine.training.debug_data import CorpusSummary
from engine.training.train import resolve_corpora, training_settings

from .config_overrides import PASS_THROUGH, read_command_config, read_filled_config
from .config_overview import functions_of, variables_of
from .console import err, out, print_json
from .line_files import open_lines
from .options import CodeOption, ConfigArgument, GpuOption, JsonOption, ModelArgument
from .pipeline_loader import load_pipeline
from .user_code import load_code

app = typer.Typer(
    help="Look at data, a config, a model or where the time goes.",
    no_args_is_help=True,
    add_completion=False,
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
    "n_nonprojective": "documents with crossing arcs",
}


@app.command("config", context_settings=PASS_THROUGH)
def debug_config(
    ctx: typer.Context,
    config: ConfigArgument,
    code: CodeOption = None,
    show_functions: Annotated[
        bool, typer.Option("--show-functions", "-F", help="List the functions, and where they stand.")
    ] = False,
    show_variables: Annotated[
        bool, typer.Option("--show-variables", "-V", help="List the references, and what they mean.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Print the config with all references replaced.")
    ] = False,
) -> None:
    """Make everything that a config names, without training. What is wrong is told with its path."""
    load_code(code)
    read = read_filled_config(config, ctx.args)
    problems = config_problems(read)
    for problem in problems[1:]:
        err.print(str(problem), markup=False)
    if problems:
        raise problems[0]
    pipeline = engine.from_config(read)
    resolve_corpora(read, training_settings(pipeline))
    if show:
        out.print(interpolate_config(read).to_str(), markup=False)
        return
    if show_variables:
        for reference, value in variables_of(read).items():
            out.print(f"{reference}  {value}", markup=False)
    if show_functions:
        for path, namespace, name in functions_of(read):
            place = place_of(namespace, name)
            out.print(
                f"{path}: @{namespace} {name}, {place.module} ({place.file}:{place.line})", markup=False
            )
    out.print(_overview(read))
    for where, pattern, engine_name in pattern_engines(pipeline):
        out.print(f"{where}: {short(pattern)} is run by {engine_name}", markup=False)
    out.print(f"texts are cut by {kind_of_rules(pipeline.tokenizer)}", markup=False)
    out.print("the config is good: every name is known, every value has its type")


@app.command("data", context_settings=PASS_THROUGH)
def debug_data(
    ctx: typer.Context,
    config: ConfigArgument,
    code: CodeOption = None,
    ignore_warnings: Annotated[
        bool, typer.Option("--ignore-warnings", "-IW", help="Only counts and errors.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-V", help="All labels, lengths of spans.")] = False,
    no_format: Annotated[bool, typer.Option("--no-format", "-NF", help="Plain text, no colours.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read both corpora as training would, count what they hold, and tell what would go wrong; exit code 1
    where something ends a training or makes it useless."""
    load_code(code)
    config_read = read_filled_config(config, ctx.args)
    with err.status("reading the corpora"):
        report = read_data(config_read)
    told = {level: [finding.text for finding in report.findings if finding.level is level] for level in Level}
    warnings = [] if ignore_warnings else told[Level.warning]
    if as_json:
        counted = {name: _as_json(summary) for name, summary in report.summaries.items()}
        print_json(counted | {"warnings": warnings, "errors": told[Level.error]})
    else:
        _show(report.summaries, verbose=verbose)
        for text in told[Level.error]:
            out.print(f"error: {text}", style=None if no_format else "bold red", markup=False)
        for text in warnings:
            out.print(f"look: {text}", style=None if no_format else "yellow", markup=False)
        n_errors = len(told[Level.error])
        counts = f"{len(warnings)} warnings" if warnings else "nothing to warn of"
        out.print(counts + (f", {n_errors} errors" if n_errors else ""))
    raise typer.Exit(1 if told[Level.error] else 0)


@app.command("model", context_settings=PASS_THROUGH)
def debug_model(
    ctx: typer.Context,
    config: ConfigArgument,
    component: Annotated[str, typer.Argument(metavar="COMPONENT", help="Whose model is shown.")],
    layers: Annotated[
        str, typer.Option("--layers", "-l", metavar="NUMBERS", help="Only these layers; commas between.")
    ] = "",
    dimensions: Annotated[bool, typer.Option("--dimensions", "-DIM", help="With dimensions.")] = False,
    parameters: Annotated[bool, typer.Option("--parameters", "-PAR", help="With parameters.")] = False,
    gradients: Annotated[bool, typer.Option("--gradients", "-GRAD", help="With gradients.")] = False,
    attributes: Annotated[bool, typer.Option("--attributes", "-ATTR", help="With attributes.")] = False,
    step0: Annotated[bool, typer.Option("--print-step0", "-P0", help="Before weights are drawn.")] = False,
    step1: Annotated[bool, typer.Option("--print-step1", "-P1", help="With weights drawn.")] = False,
    step2: Annotated[bool, typer.Option("--print-step2", "-P2", help="After a few steps.")] = False,
    step3: Annotated[bool, typer.Option("--print-step3", "-P3", help="With what it predicts.")] = False,
    code: CodeOption = None,
    gpu_id: GpuOption = -1,
) -> None:
    """Show a component's model, layer by layer."""
    require_cpu(gpu_id)
    load_code(code)
    read = read_filled_config(config, ctx.args)
    numbers = [int(number) for number in layers.split(",") if number.strip().isdigit()]
    shown = Shown(numbers, dimensions, parameters, gradients, attributes)
    steps = [step for step, wanted in enumerate((step0, step1, step2, step3)) if wanted] or [0]
    tell_model(engine.from_config(read), component, shown, steps, lambda line: out.print(line, markup=False))


@app.command("diff-config")
def diff_config(
    config: ConfigArgument,
    compare_to: Annotated[
        Path | None, typer.Argument(metavar="OTHER", help="Another config; else a new one's defaults.")
    ] = None,
    other: Annotated[Path | None, typer.Option("--compare-to", metavar="OTHER", help="The same.")] = None,
    optimize: Annotated[
        Optimize, typer.Option("--optimize", "-o", help="Which new config to compare with.")
    ] = Optimize.efficiency,
    gpu: Annotated[bool, typer.Option("--gpu", "-G", help="Compare with one on an encoder.")] = False,
    pretraining: Annotated[
        bool, typer.Option("--pretraining", "--pt", help="The new one has a block for pretraining.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", "-md", help="Print it for a report.")] = False,
) -> None:
    """Print what a config says otherwise than another one, or than a new one for the same components."""
    mine = fill_config(read_command_config(config))
    path = other or compare_to
    if path is not None:
        theirs = fill_config(read_command_config(path))
    else:
        nlp = interpolate_config(mine)["nlp"]
        theirs = init_config(
            lang=nlp["lang"],
            pipeline=nlp["pipeline"],
            optimize=optimize,
            gpu=gpu,
            pretraining=pretraining,
        )
    lines = list(difference(theirs, mine, (str(path or "defaults"), str(config))))
    if not lines:
        err.print("no difference")
    if markdown and lines:
        lines = ["```diff", *lines, "```"]
    for line in lines:
        style = {"+": "green", "-": "red"}.get(line[:1]) if not markdown else None
        out.print(line, style=style, markup=False)


@app.command("profile")
def profile(
    model: ModelArgument,
    inputs: Annotated[
        str, typer.Argument(metavar="IN", help="JSONL with a field text, or - for standard input.")
    ] = "-",
    n_texts: Annotated[int, typer.Option("--n-texts", "-n", min=1, help="Texts at most.")] = 10000,
    code: CodeOption = None,
) -> None:
    """Show the functions in which a pipeline spends its time."""
    pipeline = load_pipeline(model, code=code)
    out.print(profile_pipeline(pipeline, _texts(inputs), n_texts=n_texts), markup=False)


def _texts(inputs: str) -> Iterator[str]:
    with open_lines(inputs) as lines:
        for number, line in enumerate(lines, 1):
            try:
                text = orjson.loads(line)["text"]
            except (orjson.JSONDecodeError, KeyError, TypeError):
                raise EngineError(
                    f"{inputs}:{number}: expected a JSON object with a field text, got {line[:60]!r}"
                ) from None
            yield str(text)


def _show(summaries: Mapping[str, CorpusSummary], *, verbose: bool) -> None:
    out.print(_counts(summaries))
    for layer in (layer for layer, counts in summaries["train"].labels.items() if counts):
        out.print(_labels(layer, summaries, None if verbose else SHOWN_LABELS))
    for key, lengths in summaries["train"].span_lengths.items() if verbose else ():
        shown = ", ".join(f"{length}: {count}" for length, count in sorted(lengths.items()))
        out.print(f"lengths of spans {key}: {shown}", markup=False)


def _as_json(summary: CorpusSummary) -> dict[str, object]:
    counted = {name: getattr(summary, name) for name in COUNTS}
    return counted | {
        "labels": {layer: dict(counts.most_common()) for layer, counts in summary.labels.items()}
    }


def _counts(summaries: Mapping[str, CorpusSummary]) -> Table:
    table = Table("", *summaries, box=None, pad_edge=False)
    for name, title in COUNTS.items():
        table.add_row(title, *(f"{getattr(summary, name):,}" for summary in summaries.values()))
    table.add_row("different words", *(f"{len(summary.words):,}" for summary in summaries.values()))
    return table


def _labels(layer: str, summaries: Mapping[str, CorpusSummary], limit: int | None) -> Table:
    table = Table(layer, *summaries, box=None, pad_edge=False)
    in_dev = summaries["dev"].labels.get(layer, Counter())
    for label, count in summaries["train"].labels[layer].most_common(limit):
        table.add_row(label, f"{count:,}", f"{in_dev[label]:,}")
    left = len(summaries["train"].labels[layer]) - (limit or len(summaries["train"].labels[layer]))
    if left > 0:
        table.add_row(f"and {left} more", "", "")
    return table


def _overview(config: Config) -> Table:
    values = interpolate_config(config)
    table = Table("component", "made by", "model", "embedding", box=None, pad_edge=False)
    for name in values["nlp"]["pipeline"]:
        block = values["components"][name]
        model = block.get("model") or {}
        embedding = (model.get("tok2vec") or {}).get("@architectures", "-")
        table.add_row(
            name,
            str(block.get("factory", block.get("source", "-"))),
            str(model.get("@architectures", "-")),
            str(embedding),
        )
    return table
