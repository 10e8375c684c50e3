# SPDX-License-Identifier: Apache-2.0
"""`freshet adapters`: adapters of a pipeline's encoder out of it and into it, in PEFT's files."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from engine import Pipeline
from engine.components.adaptable import Adaptable, encoders_among
from engine.safe_files import MAX_CONFIG, parse_json, read_file
from engine.transformer import TransformerError
from engine.transformer.saved_adapter import read_saved_adapter, saved_files

from ..bundled import find_model
from ..errors import WorkerError
from ..model_registry import REGISTRY, open_registry
from .console import out
from .pipeline_loader import load_pipeline
from .registry_options import DEFAULT, RegistryOption

app = typer.Typer(help="Adapters of encoders, in PEFT's files.", no_args_is_help=True, add_completion=False)

ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="A pipeline's folder, registry:NAME (its champion), or registry:NAME:VERSION."
    ),
]
OutArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where it is written.")]
ComponentOption = Annotated[
    str, typer.Option("--component", metavar="NAME", help="Which encoder; else the first one.")
]


@app.command()
def export(
    model: ModelArgument,
    folder: OutArgument,
    component: ComponentOption = "",
    registry: RegistryOption = DEFAULT,
) -> None:
    """Write the adapter that a pipeline has learned: adapter_config.json and adapter_model.safetensors."""
    with _folder_of(model, registry) as source:
        paths = [path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()]
        found = saved_files(paths, component)
        if found is None:
            raise WorkerError(
                f"expected a pipeline with an adapter, got {model} without one; learn one with "
                "[learner.adapter] rank, or import one"
            )
        config, weights = ((source / path).read_bytes() for path in found)
        adapter = read_saved_adapter(config, weights, str(source / found[1]))
    adapter.to_disk(folder)
    out.print(f"{folder}: rank {adapter.config.r}, {len(adapter.weights)} layers, {adapter.n_bytes:,} bytes")


@app.command("import")
def take(
    model: ModelArgument,
    adapter: Annotated[Path, typer.Argument(metavar="ADAPTER", help="A folder with PEFT's two files.")],
    folder: OutArgument,
    component: ComponentOption = "",
    registry: RegistryOption = DEFAULT,
) -> None:
    """Write the pipeline with this adapter on its encoder, in place of one that it had."""
    files = {file.name: file.read_bytes() for file in adapter.glob("adapter_*") if file.is_file()}
    with _folder_of(model, registry) as source:
        pipeline = load_pipeline(source)
        encoder = _encoder_of(pipeline, component)
        encoder.take_adapter(encoder.read_adapter(files, str(adapter)))
        _write(pipeline, folder)


@app.command()
def merge(
    model: ModelArgument,
    folder: OutArgument,
    component: ComponentOption = "",
    registry: RegistryOption = DEFAULT,
) -> None:
    """Write the pipeline with its adapter multiplied into the encoder: it says the same, and learns whole
    again."""
    with _folder_of(model, registry) as source:
        pipeline = load_pipeline(source)
        encoder = _encoder_of(pipeline, component)
        if encoder.adapter is None:
            raise WorkerError(f"expected a pipeline with an adapter, got {model} without one")
        encoder.merge_adapter()
        _write(pipeline, folder)


@app.command()
def show(model: ModelArgument, registry: RegistryOption = DEFAULT) -> None:
    """Say what adapter a pipeline has, as PEFT's config has it."""
    with _folder_of(model, registry) as source:
        configs = sorted(source.glob("*/adapter_config.json"))
        if not configs:
            out.print("no adapter")
        for path in configs:
            config = parse_json(read_file(path, MAX_CONFIG), path)
            if not isinstance(config, dict):
                raise WorkerError(f"{path}: expected an adapter's settings, got {type(config).__name__}")
            out.print_json(json.dumps({"component": path.parent.name, **config}))


@contextmanager
def _folder_of(model: str, registry: str) -> Iterator[Path]:
    """A model's files."""
    if not model.startswith(REGISTRY):
        yield find_model(model)
        return
    name, _, number = model.removeprefix(REGISTRY).partition(":")
    if number and not number.isdecimal():
        raise typer.BadParameter(f"expected the number of a version, got {number!r}")
    with (
        open_registry(registry, name) as line,
        tempfile.TemporaryDirectory(prefix="freshet-adapters-") as place,
    ):
        version = int(number) if number else line.head().champion
        if version is None:
            raise WorkerError(f"expected a champion of {name!r}, there is none yet; name a version")
        yield line.fetch(version, Path(place) / "version")


def _encoder_of(pipeline: Pipeline, name: str) -> Adaptable:
    """The encoder of that name, or the first. Raises: TransformerError where there is none."""
    encoders = dict(encoders_among(pipeline.components))
    found = encoders.get(name) if name else next(iter(encoders.values()), None)
    if found is None:
        raise TransformerError(
            f"expected a component with an encoder, got {name or 'none'}; there are: "
            f"{', '.join(encoders) or 'none'}"
        )
    return found


def _write(pipeline: Pipeline, folder: Path) -> None:
    pipeline.weights_changed()
    pipeline.to_disk(folder)
    out.print(f"{folder}: {pipeline.digest}")
