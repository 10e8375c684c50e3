# SPDX-License-Identifier: Apache-2.0
"""`freshet init`: training configs, new or completed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from engine import Config, fill_config, read_config
from engine.config.config import interpolate_config
from engine.tokenizers import RULES

from ..bundled import find_config
from .console import err
from .options import CodeOption, ConfigArgument
from .user_code import load_code

app = typer.Typer(help="Write or complete a training config.", no_args_is_help=True, add_completion=False)
OutputArgument = Annotated[str, typer.Argument(metavar="OUT", help="Where the config goes, or - for stdout.")]
SHARED = "tok2vec"


@app.command()
def config(
    output: OutputArgument = "-",
    lang: Annotated[str, typer.Option("--lang", "-l", help="Language of the tokenizer rules.")] = "en",
    pipeline: Annotated[
        str, typer.Option("--pipeline", "-p", metavar="NAMES", help="Components, in order, with commas.")
    ] = "tagger,ner",
    independent: Annotated[
        bool, typer.Option("--independent", help="Give each component an embedding of its own.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing file.")] = False,
) -> None:
    """Write a training config for these components on one shared embedding."""
    if lang not in RULES:
        raise typer.BadParameter(
            f"expected one of {', '.join(sorted(RULES))}, got {lang!r}", param_hint="--lang"
        )
    names = [name.strip() for name in pipeline.split(",") if name.strip()]
    _write(new_config(lang, names, shared=not independent), output, force)
    err.print(
        "train with: freshet train CONFIG --output DIR --paths.train FILE --paths.dev FILE", markup=False
    )


@app.command("fill-config")
def fill(
    config: ConfigArgument,
    output: OutputArgument = "-",
    code: CodeOption = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing file.")] = False,
) -> None:
    """Write the defaults of everything that a config leaves out; what is there stays as it is."""
    load_code(code)
    _write(fill_config(read_config(config)), output, force)


def new_config(lang: str, names: list[str], *, shared: bool = True) -> Config:
    """A complete config for these components, in this order."""
    base = read_config(find_config("base.cfg"))
    known = base["components"]
    for name in names:
        if name not in known:
            raise typer.BadParameter(
                f"expected names of {', '.join(known)}, got {name!r}", param_hint="--pipeline"
            )
    listening = [name for name in names if "tok2vec" in known[name].get("model", {})]
    if shared and listening and SHARED not in names:
        names = [SHARED, *names]
    components = {name: known[name] for name in names}
    if not shared:
        for name in listening:
            components[name] = _give_own_embedding(interpolate_config(base)["components"], name)
    return fill_config(Config({"nlp": {"lang": lang, "pipeline": names}, "components": components}))


def _give_own_embedding(components: dict[str, Any], name: str) -> dict[str, Any]:
    block: dict[str, Any] = components[name]
    return {**block, "model": {**block["model"], "tok2vec": components[SHARED]["model"]}}


def _write(config: Config, output: str, force: bool) -> None:
    text = config.to_str(interpolate=False) + "\n"
    if output == "-":
        sys.stdout.write(text)
        return
    path = Path(output)
    if path.exists() and not force:
        raise typer.BadParameter(f"{output} exists; --force replaces it", param_hint="OUT")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    err.print(f"wrote {output}", markup=False)
