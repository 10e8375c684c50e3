# SPDX-License-Identifier: Apache-2.0
"""`freshet download`: a pipeline's package, by pip from the index that pip is set up for."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from typing import Annotated

import typer

from engine.spacy_files.installed import find_package

from .console import err

app = typer.Typer(add_completion=False)
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
DIRECT = re.compile(r"(?P<name>.+)-(?P<version>\d[\w.+!]*)")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def download(
    ctx: typer.Context,
    model: Annotated[str, typer.Argument(metavar="NAME", help="Name of a pipeline's package.")],
    direct: Annotated[bool, typer.Option("--direct", "-D", "-d", help="NAME is NAME-VERSION.")] = False,
    sdist: Annotated[bool, typer.Option("--sdist", "-S", help="The source archive, not a wheel.")] = False,
    url: Annotated[
        str | None, typer.Option("--url", "-U", metavar="URL", help="Address of a wheel or archive.")
    ] = None,
) -> None:
    """Install a pipeline's package with pip; further words go to pip.

    Where the index does not have it, this says what to do.
    """
    raise typer.Exit(install(model, ctx.args, direct=direct, sdist=sdist, url=url))


def download_pipeline(
    model: str, direct: bool = False, sdist: bool = False, custom_url: str | None = None, *pip_args: str
) -> None:
    """The same from Python. Raises: SystemExit where nothing was installed."""
    code = install(model, pip_args, direct=direct, sdist=sdist, url=custom_url)
    if code:
        raise SystemExit(code)


def install(model: str, words: Sequence[str], *, direct: bool, sdist: bool, url: str | None) -> int:
    """Let pip install a pipeline's package, and say what came of it; 0 where it can be loaded now."""
    wanted = url or requirement_of(model, direct=direct)
    options = ["--no-deps", *(["--no-binary", ":all:"] if sdist else []), *words]
    done = subprocess.run([sys.executable, "-m", "pip", "install", *options, "--", wanted], check=False)
    if done.returncode:
        err.print(
            f"pip found no package for {wanted!r} in its index. Pipelines that others publish elsewhere are "
            "installed by the address of their wheel: freshet download NAME --url URL; a "
            "folder of a pipeline needs no package, every command takes it",
            markup=False,
        )
        return 1
    package = wanted.partition("==")[0] if direct else model
    name = module_of(package)
    if name is None:
        err.print(f"{package} is installed, but is no pipeline's package", style="yellow", markup=False)
        return 1
    err.print(f'ready: engine.load("{name}")', markup=False)
    return 0


def module_of(package: str) -> str | None:
    """The name by which an installed pipeline's package loads, which may be another than pip's; None where it
    holds none."""
    importlib.invalidate_caches()
    candidates = [package.replace("-", "_")]
    with suppress(PackageNotFoundError):
        candidates += sorted({file.parts[0] for file in distribution(package).files or () if file.parts})
    return next((name for name in candidates if name.isidentifier() and find_package(name)), None)


def requirement_of(model: str, *, direct: bool) -> str:
    """What pip is asked for. Raises: typer.BadParameter where it is no name of a package.

    >>> requirement_of("en_core_web_sm-3.8.0", direct=True)
    'en_core_web_sm==3.8.0'
    """
    found = DIRECT.fullmatch(model) if direct else None
    name = found["name"] if found else model
    if not NAME.fullmatch(name) or (direct and found is None):
        form = "NAME-VERSION" if direct else "a package"
        raise typer.BadParameter(f"expected the name of {form}, got {model!r}", param_hint="NAME")
    return f"{name}=={found['version']}" if found else name
