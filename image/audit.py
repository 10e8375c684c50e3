# SPDX-License-Identifier: Apache-2.0
"""`make audit`: what is locked, by its licence and by known vulnerabilities.

Licences are those that the installed distribution states, whatever its version; of what is not installed
here, `requirements/licences.txt` says them. Vulnerabilities are asked of PyPI's advisories by pip-audit;
where those cannot be reached that is said, and is no pass: exit code 3.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from image.lock import EXTRAS, REQUIREMENTS
from image.sbom import licence_of

PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", re.MULTILINE)
WRITTEN = REQUIREMENTS / "licences.txt"
FREE = re.compile(
    r"apache|bsd|mit\b|isc|python software|psf|mpl|mozilla|zlib|unlicense|public domain|llvm|hpnd|0bsd|cc0|"
    r"lgpl|lesser general",
    re.IGNORECASE,
)
"""Licences under which an image may be handed on: nothing is asked but notices and, of what we do not change,
the sources that PyPI has; a library under the LGPL is a file of its own, which may be replaced."""
CLOSED = re.compile(r"nvidia|proprietary|eula|other/proprietary", re.IGNORECASE)
"""What the GPU image alone may have: NVIDIA's libraries, to be handed on as they are."""
STRICT = re.compile(r"\bA?GPL|affero|general public", re.IGNORECASE)
UNREACHED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one package."""

    target: str
    package: str
    what: str


def main(arguments: Sequence[str] = ()) -> int:
    """Look at all targets; 1 where something is wrong, 3 where no advisories could be asked."""
    findings = [finding for target in EXTRAS for finding in licences(target)]
    for finding in findings:
        print(f"{finding.target}: {finding.package}: {finding.what}")
    names = {name for target in EXTRAS for name in locked(target)}
    print(f"licences: {len(names)} packages looked at, {len(findings)} findings")
    if "--licences" in arguments:
        return 1 if findings else 0
    known = vulnerabilities()
    if known is None:
        return 1 if findings else UNREACHED
    for line in known:
        print(line)
    return 1 if findings or known else 0


def locked(target: str) -> dict[str, str]:
    """Version by name of all that a target installs."""
    text = (REQUIREMENTS / f"{target}.txt").read_text(encoding="utf-8")
    return {name.lower().replace("_", "-"): version for name, version in PINNED.findall(text)}


def licences(target: str) -> Iterator[Finding]:
    """What may not be in a target's image, and what nobody knows the licence of."""
    written = _written()
    for name in locked(target):
        licence = written.get(name) or _stated(name)
        if not licence:
            yield Finding(target, name, f"not installed here: say its licence in {WRITTEN.name}")
        elif STRICT.search(licence) and not FREE.search(licence):
            yield Finding(target, name, f"{licence}: not to be handed on in an image of ours")
        elif CLOSED.search(licence) and target != "gpu":
            yield Finding(target, name, f"{licence}: in the GPU image alone")
        elif not (FREE.search(licence) or CLOSED.search(licence)):
            yield Finding(target, name, f"{licence}: not among those that were thought about")


def vulnerabilities() -> list[str] | None:
    """A line for each known one; None, and a word why, where the advisories cannot be asked."""
    found: list[str] = []
    asked = 0
    if not _is_reached():
        print("vulnerabilities: NOT CHECKED, the advisory database (PyPI's JSON API) does not answer here")
        return None
    for target in EXTRAS:
        told = _ask(REQUIREMENTS / f"{target}.txt")
        if told is None:
            print(f"vulnerabilities: NOT CHECKED, the advisory database stopped answering at {target}")
            return None
        for package in told:
            asked += "skip_reason" not in package
            for one in package.get("vulns", ()):
                fixed = ", ".join(one.get("fix_versions", ())) or "no version"
                found.append(
                    f"{target}: {package['name']} {package['version']}: {one['id']}, mended in {fixed}"
                )
    print(f"vulnerabilities: {asked} packages asked about, {len(found)} findings")
    return found


def _is_reached() -> bool:
    """Whether it knows one package that everybody has, before it is asked about a hundred."""
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.txt"
        one.write_text(f"numpy=={locked('annotator')['numpy']}\n", encoding="utf-8")
        told = _ask(one)
    return bool(told) and "skip_reason" not in told[0]


def _ask(file: Path) -> list[Mapping[str, object]] | None:
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(file), "--no-deps", "--disable-pip"]
    done = subprocess.run(
        [*command, "--format", "json", "--progress-spinner", "off", "--timeout", "10"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        told: list[Mapping[str, object]] = json.loads(done.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return None
    return told


def _stated(name: str) -> str:
    try:
        return licence_of(distribution(name))
    except PackageNotFoundError:
        return ""


def _written() -> dict[str, str]:
    lines = WRITTEN.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {name.strip(): licence.strip() for name, _, licence in pairs}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
