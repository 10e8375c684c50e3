# SPDX-License-Identifier: Apache-2.0
"""`make image`: builds a target of the Dockerfile with Debian's buildah, and says how large it is."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from image.base import CACHE, ROOT, BuildError, make_base, podman, run, storage
from tests.servers.requirements import MissingServerError, need_command

BUDGETS: Mapping[str, int] = {"annotator": 400, "cpu": 1200}
"""MB (of 10^6 bytes) above the base at most."""
MACHINE_FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf")
"""What this machine reaches its package servers by; the build sees it, the image does not hold it."""


def main(arguments: Sequence[str]) -> int:
    """Build; 1 where that fails or the target is over its budget."""
    parser = argparse.ArgumentParser(prog="python -m image.build", description=__doc__)
    parser.add_argument("target", nargs="?", default="annotator", choices=["annotator", "cpu", "gpu"])
    parser.add_argument("--levels", default="best", help="machine code for: best (this CPU), all, or levels")
    chosen = parser.parse_args(arguments)
    try:
        build(chosen.target, chosen.levels)
        return report(chosen.target)
    except (BuildError, MissingServerError) as error:
        print(error, file=sys.stderr)
        return 1


def image_name(target: str) -> str:
    """What a target's image is called here."""
    return f"localhost/freshet:{target}"


def build(target: str, levels: str) -> None:
    """Build an image. Raises: BuildError, MissingServerError."""
    base, began = make_base(), time.monotonic()
    program = need_command("buildah", "buildah", "apt-get install buildah")
    seen = [f"--volume={path}:{path}:ro" for path in MACHINE_FILES if Path(path).exists()]
    with tempfile.TemporaryDirectory(prefix="freshet-image-") as context:
        _lay_out(Path(context))
        run(
            [
                *(program, *storage(), "build", "--isolation=chroot", "--pull-never", "--layers=false"),
                *(f"--target={target}", f"--tag={image_name(target)}", *seen),
                *(f"--build-arg=BASE_IMAGE={base}", f"--build-arg=LEVELS={levels}"),
                *(f"--build-arg=VERSION={_version()}", f"--build-arg=REVISION={_revision()}", context),
            ]
        )
    print(f"built in {time.monotonic() - began:.0f} s", flush=True)


def report(target: str) -> int:
    """Say how large the image is; 1 where it is over its budget."""
    base = size_of(make_base())
    above, budget = (size_of(image_name(target)) - base) / 1e6, BUDGETS.get(target)
    of = "" if budget is None else f" of {budget}"
    print(f"{image_name(target)}: {above:.0f} MB{of} above the base, which has {base / 1e6:.0f} MB")
    return 1 if budget is not None and above > budget else 0


def size_of(image: str) -> int:
    """Bytes of an image's layers, unpacked."""
    told = subprocess.run(podman("image", "inspect", image), capture_output=True, text=True, check=True)
    return int(json.loads(told.stdout)[0]["Size"])


def _lay_out(context: Path) -> None:
    """What is committed or new and not ignored, so that no cache of a checkout gets into the image."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if told.returncode:
        raise BuildError("expected a checkout of git, which says what belongs to the build")
    for name in filter(None, told.stdout.decode().split("\0")):
        source, to = ROOT / name, context / name
        if source.is_file() and not name.startswith(("tests/", "docs/", "benchmarks/", "helm/")):
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, to)


def _version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _revision() -> str:
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


if __name__ == "__main__":
    CACHE.mkdir(parents=True, exist_ok=True)
    sys.exit(main(sys.argv[1:]))
