# SPDX-License-Identifier: Apache-2.0
"""A pipeline as a Python package: a folder, and a wheel and a source archive made of it, which `pip` installs
and which then loads by its name."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from ..errors import EngineError
from ..pipeline.build import load
from ..spacy_files.installed import CODE

BUILDS = ("sdist", "wheel", "none")
ENTRY_POINTS = ("spacy_models", "freshet_models")
"""Groups under which installed pipelines are found."""
PARENT = "freshet"
SUMMED_UP = ("description", "author", "email", "url", "license")

VERSION = re.compile(r"\d+(?:\.\d+)*[\w.+]*")
"""What begins as a release does; pip judges the rest."""


@dataclass(frozen=True, slots=True)
class PackageName:
    """What the package is called: `LANG_NAME`, and its version."""

    full: str
    version: str

    @property
    def folder(self) -> str:
        """The folder that holds it, and that of its data."""
        return f"{self.full}-{self.version}"


def package(
    input_dir: str | Path,
    output_dir: str | Path,
    *,
    meta_path: str | Path | None = None,
    code_paths: Sequence[str | Path] = (),
    name: str | None = None,
    version: str | None = None,
    build: Iterable[str] = ("sdist", "wheel"),
    force: bool = False,
    require_parent: bool = True,
) -> list[Path]:
    """Write the package of a pipeline into a folder of its own; it, and what was built of it under `dist`.

    Weights are stored as safetensors, whatever wrote the pipeline. Code files are copied into the package and
    imported with it. Raises: EngineError where something is in the way, or a name cannot be a package's.
    """
    wanted = check_builds(build)
    pipeline = load(input_dir)
    pipeline.meta.update(read_meta(meta_path) if meta_path else {})
    called = _name(
        pipeline.lang, name or str(pipeline.meta.get("name", "pipeline")), version or pipeline.version
    )
    pipeline.meta.update(name=called.full.removeprefix(f"{pipeline.lang}_"), version=called.version)
    root = Path(output_dir) / called.folder
    _make_room(root, force)
    inner = root / called.full
    pipeline.to_disk(inner / called.folder)
    modules = _copy_code(code_paths, inner)
    requirements = _requirements(pipeline.meta, require_parent=require_parent)
    meta = {**pipeline.meta, CODE: modules, "requirements": requirements}
    _write_sources(root, called, meta, modules, requirements)
    built = [_wheel(root, called, meta, requirements)] if "wheel" in wanted else []
    built += [_sdist(root, called, meta, requirements)] if "sdist" in wanted else []
    return [root, *built]


def check_builds(build: Iterable[str]) -> list[str]:
    """Raises: EngineError where a form is none that can be built."""
    wanted = list(build)
    for kind in wanted:
        if kind not in BUILDS:
            raise EngineError(f"expected what to build among {', '.join(BUILDS)}, got {kind!r}")
    return wanted


def read_meta(path: str | Path) -> dict[str, Any]:
    """The values of a `meta.json` that a person wrote. Raises: EngineError."""
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise EngineError(f"{path}: expected the JSON map of a meta.json, got: {error}") from None
    if not isinstance(value, dict):
        raise EngineError(f"{path}: expected the JSON map of a meta.json, got {type(value).__name__}")
    return {key: item for key, item in value.items() if key not in ("files", "digest", "format")}


def _name(lang: str, name: str, version: str) -> PackageName:
    full = (name if name.startswith(f"{lang}_") else f"{lang}_{name}").replace("-", "_")
    if not full.isidentifier():
        raise EngineError(f"expected the name of a package, letters, digits and _, got {full!r}; give --name")
    if not VERSION.fullmatch(version):
        raise EngineError(f"expected a version such as 1.0.0, got {version!r}; give --version")
    return PackageName(full, version)


def _make_room(root: Path, force: bool) -> None:
    if root.exists():
        if not force:
            raise EngineError(f"{root} exists; --force replaces it")
        shutil.rmtree(root)
    root.mkdir(parents=True)


def _copy_code(paths: Sequence[str | Path], package: Path) -> list[str]:
    modules = []
    for path in map(Path, paths):
        if not path.is_file() or path.suffix != ".py" or not path.stem.isidentifier():
            raise EngineError(f"expected a Python file with code, got {str(path)!r}")
        shutil.copyfile(path, package / path.name)
        modules.append(path.stem)
    return modules


def _requirements(meta: Mapping[str, Any], *, require_parent: bool) -> list[str]:
    given = meta.get("requirements") or []
    if not isinstance(given, list) or not all(isinstance(item, str) and item.isprintable() for item in given):
        raise EngineError(
            f"meta -> requirements: expected a list of requirements as pip has them, got {given!r}"
        )
    given = [item for item in given if not item.startswith("spacy")]
    release = ".".join(installed_version(PARENT).split(".")[:2])
    return [f"{PARENT}>={release}", *given] if require_parent else given


def _write_sources(
    root: Path,
    called: PackageName,
    meta: Mapping[str, Any],
    modules: Sequence[str],
    requirements: Sequence[str],
) -> None:
    text = json.dumps(meta, ensure_ascii=False, indent=1) + "\n"
    (root / "meta.json").write_text(text, encoding="utf8")
    (root / called.full / "meta.json").write_text(text, encoding="utf8")
    (root / called.full / "__init__.py").write_text(_init(called, modules), encoding="utf8")
    (root / "README.md").write_text(_readme(called, meta), encoding="utf8")
    (root / "pyproject.toml").write_text(_pyproject(called, meta, requirements), encoding="utf8")
    (root / "MANIFEST.in").write_text(f"include meta.json\ngraft {called.full}\n", encoding="utf8")


def _init(called: PackageName, modules: Sequence[str]) -> str:
    imports = "".join(f"from . import {module} as {module}\n" for module in modules)
    return f'''"""The pipeline {called.full}."""

from pathlib import Path

import engine

{imports}
__version__ = "{called.version}"


def load(**options):
    """The pipeline; options as of `engine.load`."""
    return engine.load(Path(__file__).parent / "{called.folder}", **options)
'''


def _readme(called: PackageName, meta: Mapping[str, Any]) -> str:
    rows = {
        "Name": called.full,
        "Version": called.version,
        "Components": ", ".join(meta.get("pipeline", ())),
        "License": meta.get("license", "-"),
        "Author": meta.get("author", "-"),
    }
    table = "".join(f"| {name} | {_cell(value)} |\n" for name, value in rows.items())
    return f"{meta.get('description', '')}\n\n| | |\n| --- | --- |\n{table}".lstrip("\n")


def _cell(value: object) -> str:
    """A value on one line of a table: no sign of it ends its cell or begins something else."""
    return re.sub(r"([\\|<\[`])", r"\\\1", " ".join(str(value).split()))


def _pyproject(called: PackageName, meta: Mapping[str, Any], requirements: Sequence[str]) -> str:
    groups = "".join(
        f'\n[project.entry-points.{group}]\n{called.full} = "{called.full}"\n' for group in ENTRY_POINTS
    )
    return f"""[build-system]
requires = ["setuptools>=64"]
build-backend = "setuptools.build_meta"

[project]
name = "{called.full}"
version = "{called.version}"
description = {json.dumps(" ".join(str(meta.get("description", "")).split()))}
dependencies = {json.dumps(list(requirements))}
{groups}
[tool.setuptools]
packages = ["{called.full}"]
include-package-data = true

[tool.setuptools.package-data]
"{called.full}" = ["**/*"]
"""


def _metadata(called: PackageName, meta: Mapping[str, Any], requirements: Sequence[str]) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {called.full}", f"Version: {called.version}"]
    titles = {"description": "Summary", "email": "Author-email", "url": "Home-page"}
    for key in SUMMED_UP:
        if meta.get(key):
            lines.append(f"{titles.get(key, key.capitalize())}: {' '.join(str(meta[key]).split())}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requirements]
    return ("\n".join(lines) + "\n\n").encode("utf8")


def _wheel(root: Path, called: PackageName, meta: Mapping[str, Any], requirements: Sequence[str]) -> Path:
    """A wheel: the package's files, and what describes them."""
    info = f"{called.folder}.dist-info"
    groups = "\n".join(f"[{group}]\n{called.full} = {called.full}\n" for group in ENTRY_POINTS)
    form = "Wheel-Version: 1.0\nGenerator: freshet\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    described = {
        f"{info}/METADATA": _metadata(called, meta, requirements),
        f"{info}/WHEEL": form.encode(),
        f"{info}/entry_points.txt": groups.encode(),
        f"{info}/top_level.txt": f"{called.full}\n".encode(),
    }
    target = _new_archive(root, f"{called.folder}-py3-none-any.whl")
    record: list[str] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (*_files(root / called.full, root), *described.items()):
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(data)}")
        record.append(f"{info}/RECORD,,")
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "\n".join(record) + "\n")
    return target


def _sdist(root: Path, called: PackageName, meta: Mapping[str, Any], requirements: Sequence[str]) -> Path:
    """A source archive: all of the folder but what was built."""
    target = _new_archive(root, f"{called.folder}.tar.gz")
    with tarfile.open(target, "w:gz") as archive:
        files = [*_files(root, root), ("PKG-INFO", _metadata(called, meta, requirements))]
        for name, data in files:
            entry = tarfile.TarInfo(f"{called.folder}/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return target


def _files(folder: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(root)
        if file.is_file() and name.parts[0] != "dist" and "__pycache__" not in name.parts:
            yield name.as_posix(), file.read_bytes()


def _new_archive(root: Path, name: str) -> Path:
    (root / "dist").mkdir(exist_ok=True)
    return root / "dist" / name
