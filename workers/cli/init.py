# SPDX-License-Identifier: Apache-2.0
"""`freshet init`: training configs, new or completed; labels and pipelines made ready for training."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from engine import Config, EngineError, fill_config
from engine.cli.config_problems import config_problems
from engine.cli.fill_config import config_text, difference
from engine.cli.init_config import VECTORS, init_config, recommended_vectors, with_pretraining
from engine.cli.init_pipeline import init_labels, init_nlp
from engine.cli.init_vectors import VectorChoice, init_vectors
from engine.cli.quickstart import Optimize
from engine.cli.train import new_folder, require_cpu
from engine.tokenizers import tokenizer_for
from engine.vectors import Mode

from .config_overrides import PASS_THROUGH, read_command_config, read_filled_config
from .console import LogLevel, err, log_to_stderr
from .options import CodeOption, ConfigArgument, GpuOption, VerboseOption
from .user_code import load_code

app = typer.Typer(
    help="Write or complete a training config; make labels and pipelines ready for training.",
    no_args_is_help=True,
    add_completion=False,
)
OutputArgument = Annotated[str, typer.Argument(metavar="OUT", help="Where the config goes, or - for stdout.")]
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")]
PretrainingOption = Annotated[
    bool,
    typer.Option("--pretraining", "-pt", help="With settings of pretraining, for `freshet pretrain`."),
]


@app.command()
def config(
    output: OutputArgument = "-",
    lang: Annotated[str, typer.Option("--lang", "-l", help="Code of the text's language.")] = "en",
    pipeline: Annotated[
        str, typer.Option("--pipeline", "-p", metavar="NAMES", help="Components, in order, with commas.")
    ] = "tagger,parser,ner",
    optimize: Annotated[
        Optimize, typer.Option("--optimize", "-o", help="For quick small models, or for better ones.")
    ] = Optimize.efficiency,
    gpu: Annotated[
        bool, typer.Option("--gpu", "-G", help="On an encoder (transformer) of the language, as for a GPU.")
    ] = False,
    pretraining: PretrainingOption = False,
    independent: Annotated[
        bool, typer.Option("--independent", help="Give each component an embedding of its own.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", "-f", "-F", help="Replace an existing file.")] = False,
) -> None:
    """Write a training config for these components on one shared embedding."""
    try:
        tokenizer_for(lang)
    except EngineError as error:
        raise typer.BadParameter(str(error), param_hint="--lang") from None
    try:
        made = init_config(
            lang=lang,
            pipeline=names_in(pipeline),
            optimize=optimize,
            gpu=gpu,
            pretraining=pretraining,
            shared=not independent,
        )
    except EngineError as error:
        hint = "--gpu" if gpu else "--pipeline"
        raise typer.BadParameter(str(error), param_hint=hint) from None
    write_config(made, output, force)
    if optimize is Optimize.accuracy and recommended_vectors(lang) is None and lang in VECTORS:
        err.print(
            f"without vectors of words, for the package {VECTORS[lang]} is not installed; others: "
            "--paths.vectors DIR and include_static_vectors = true",
            markup=False,
        )
    err.print(
        "train with: freshet train CONFIG --output DIR --paths.train FILE --paths.dev FILE", markup=False
    )


@app.command("fill-config")
def fill(
    config: ConfigArgument,
    output: OutputArgument = "-",
    pretraining: PretrainingOption = False,
    diff: Annotated[bool, typer.Option("--diff", "-D", help="Show what was changed.")] = False,
    code: CodeOption = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Of old: OUT is replaced anyway.")] = False,
) -> None:
    """Write the defaults of everything that a config leaves out; what is there stays as it is.

    What has no default and is still missing, or is wrong, is told; the exit code is then 1.
    """
    load_code(code)
    base = read_command_config(config)
    filled = fill_config(with_pretraining(base) if pretraining else base)
    write_config(filled, output, force=True)
    if diff:
        for line in difference(base, filled, (str(config), output)):
            style = {"+": "green", "-": "red"}.get(line[:1])
            err.print(line, style=style, markup=False)
    problems = config_problems(filled)
    for problem in problems:
        err.print(str(problem), markup=False)
    if problems:
        err.print(f"{len(problems)} values to set before this config trains", style="bold red")
        raise typer.Exit(1)


@app.command(context_settings=PASS_THROUGH)
def labels(
    ctx: typer.Context,
    config: ConfigArgument,
    output: FolderArgument,
    code: CodeOption = None,
    verbose: VerboseOption = 0,
    gpu_id: GpuOption = -1,
) -> None:
    """Write each component's labels, found in the training corpus, as a JSON file; a later training reads
    them and need not look."""
    _begin(verbose, gpu_id, code)
    files = init_labels(read_filled_config(config, ctx.args), new_folder(output))
    err.print(f"wrote {', '.join(map(str, files)) or 'nothing: no component has labels'}", markup=False)
    for file in files:
        err.print(
            f'[initialize.components.{file.stem}.labels]\n@readers = "spacy.read_labels.v1"\npath = "{file}"',
            markup=False,
        )


@app.command(context_settings=PASS_THROUGH)
def nlp(
    ctx: typer.Context,
    config: ConfigArgument,
    output: FolderArgument,
    code: CodeOption = None,
    verbose: VerboseOption = 0,
    gpu_id: GpuOption = -1,
) -> None:
    """Write the pipeline as it is before the first step of training: labels found, weights drawn."""
    _begin(verbose, gpu_id, code)
    pipeline = init_nlp(read_filled_config(config, ctx.args))
    pipeline.to_disk(new_folder(output))
    err.print(f"{', '.join(pipeline.names)} to {output}", markup=False)


@app.command()
def vectors(
    lang: Annotated[str, typer.Argument(metavar="LANG", help="Code of the words' language.")],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="word2vec (text or .bin), GloVe, fastText text or floret; plain, .gz, .zip, .tar.gz.",
        ),
    ],
    output: FolderArgument,
    prune: Annotated[
        int, typer.Option("--prune", "-p", help="Vectors to keep; other words get the nearest. -1: all.")
    ] = -1,
    truncate: Annotated[int, typer.Option("--truncate", "-t", help="Words to read at most. 0: all.")] = 0,
    mode: Annotated[str, typer.Option("--mode", "-m", help="default or floret.")] = "default",
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="Name of the vectors; else LANG_pipeline.vectors.")
    ] = None,
    attr: Annotated[
        str, typer.Option("--attr", "-a", help="What of a token is looked up: ORTH, LOWER or NORM.")
    ] = "ORTH",
    lexemes: Annotated[
        Path | None,
        typer.Option(
            "--lexemes-jsonl", "--jsonl-loc", "-j", help="Words with what is known of them, such as `prob`."
        ),
    ] = None,
    verbose: VerboseOption = 0,
) -> None:
    """Make a pipeline's folder of a file of word vectors, for `[initialize] vectors`."""
    if verbose:
        log_to_stderr(LogLevel.debug if verbose > 1 else LogLevel.info)
    choice = VectorChoice(prune, truncate, mode, name, attr, lexemes)
    made = init_vectors(lang, file, choice)
    if verbose:
        err.print(f"read {file}", markup=False)
    if choice.mode == Mode.floret and choice.prune > 0:
        err.print("--prune: a floret table is kept whole, for every row is part of every word", markup=False)
    made.to_disk(new_folder(output))
    table = made.vocab.vectors
    words = "any word" if table.n_keys < 0 else f"{table.n_keys:,} words"
    err.print(f"{words} on {table.shape[0]:,} vectors of {table.shape[1]} numbers to {output}", markup=False)
    err.print(f'use them: [initialize] vectors = "{output}" and include_static_vectors = true', markup=False)


@app.command(hidden=True)
def vocab(
    lang: Annotated[str, typer.Argument(metavar="LANG", help="Code of the words' language.")],
    output: FolderArgument,
    file: Annotated[
        Path, typer.Option("--vectors-loc", "-v", exists=True, dir_okay=False, help="File of vectors.")
    ],
    prune: Annotated[int, typer.Option("--prune-vectors", "-V", help="As --prune.")] = -1,
    truncate: Annotated[int, typer.Option("--truncate-vectors", "-t", help="As --truncate.")] = 0,
    name: Annotated[str | None, typer.Option("--vectors-name", "-vn", help="As --name.")] = None,
    lexemes: Annotated[Path | None, typer.Option("--jsonl-loc", "-j", help="As --lexemes-jsonl.")] = None,
) -> None:
    """`init vectors` by the name and options that it had in 2020."""
    vectors(lang, file, output, prune, truncate, name=name, lexemes=lexemes)


def names_in(text: str) -> list[str]:
    """Names from a list in any of the forms that people type.

    >>> names_in('["ner", "textcat"]') == names_in("ner, textcat") == ["ner", "textcat"]
    True
    """
    names = text.strip().removeprefix("[").removesuffix("]").split(",")
    return [name for name in (name.strip().strip("\"'") for name in names) if name]


def write_config(config: Config, output: str, force: bool) -> None:
    """Write a config to a file or standard output. Raises: typer.BadParameter where the file exists."""
    if output == "-":
        sys.stdout.write(config_text(config))
        return
    path = Path(output)
    if path.exists() and not force:
        raise typer.BadParameter(f"{output} exists; --force replaces it", param_hint="OUT")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(config_text(config), encoding="utf-8")
    err.print(f"wrote {output}", markup=False)


def _begin(verbose: int, gpu_id: int, code: Path | None) -> None:
    if verbose:
        log_to_stderr(LogLevel.debug if verbose > 1 else LogLevel.info)
    require_cpu(gpu_id)
    load_code(code)
