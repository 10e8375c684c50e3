# SPDX-License-Identifier: Apache-2.0
"""Arguments and options that several commands have, each with one name and one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

BrokerOption = Annotated[
    str | None,
    typer.Option(
        "--broker",
        metavar="URL",
        help="embedded:DIR or kafka://HOST:PORT[,...]; else FRESHET_BROKER, else embedded:./.freshet",
    ),
]
RegistryOption = Annotated[
    str | None,
    typer.Option(
        "--registry",
        metavar="URL",
        help="embedded:DIR, redis://..., rediss://..., unix://... or sentinel://...; else "
        "FRESHET_REGISTRY, else embedded:./.freshet",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="A pipeline's folder, or en_starter for the one that comes with Freshet."
    ),
]

ConfigArgument = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="A training config, or - for standard input.")
]
VerboseOption = Annotated[int, typer.Option("--verbose", "-V", count=True, help="Tell more; -VV still more.")]
GpuOption = Annotated[
    int,
    typer.Option("--gpu-id", "-g", metavar="N", help="-1: the CPU; else a GPU's number."),
]

ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="NAME", help="Leave this component out; may be repeated."),
]
ComponentsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--components",
        metavar="NAME",
        help="Only this component, with the vectors that it listens to; may be repeated.",
    ),
]
CodeOption = Annotated[
    Path | None,
    typer.Option(
        "--code", "-c", "--code-path", metavar="FILE", help="Python file with your registered functions."
    ),
]

PrecisionOption = Annotated[
    str,
    typer.Option(
        "--precision",
        envvar="FRESHET_PRECISION",
        metavar="NAME",
        help="Matrix back end: auto, fp32, this CPU's own (avx512, avx2, neon or sse); with the extra torch: "
        "torch, bf16.",
    ),
]
DeviceOption = Annotated[
    str,
    typer.Option(
        "--device", envvar="FRESHET_DEVICE", metavar="NAME", help="cpu; with the extra torch: cuda, cuda:1."
    ),
]


def device_of(gpu_id: int, device: str) -> str:
    """The device that `--gpu-id` and `--device` mean together; a GPU's number goes first.

    >>> device_of(-1, "cpu"), device_of(1, "cpu")
    ('cpu', 'cuda:1')
    """
    return f"cuda:{gpu_id}" if gpu_id >= 0 else device
