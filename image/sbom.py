# SPDX-License-Identifier: Apache-2.0
"""What is in an image, as CycloneDX 1.6: `python sbom.py [DPKG_STATUS] > sbom.cdx.json`.

Distributions of the Python that runs this, with their licences, and Debian's packages as its status file
lists them. Needs nothing but the standard library. The same environment gives the same bytes.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

DPKG_STATUS = Path("/usr/share/dpkg.status")
"""What the runtime image has of Debian; the stage that builds has more, which stays there."""

Component = dict[str, Any]


def sbom(status: Path = DPKG_STATUS) -> dict[str, Any]:
    """The bill of materials."""
    components = sorted((*_python_packages(), *_debian_packages(status)), key=lambda one: str(one["bom-ref"]))
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components, sort_keys=True))
    own = [one for one in components if one["name"] == "freshet"]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {**own[0], "type": "application"}} if own else {},
        "components": [one for one in components if one["name"] != "freshet"],
    }


def licence_of(distribution: Distribution) -> str:
    """What a distribution says of its licence: an SPDX expression, else its own words; empty where it says
    nothing."""
    metadata = distribution.metadata
    said = metadata.get("License-Expression") or ""
    classified = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier") or ()
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    written = (metadata.get("License") or "").strip().partition("\n")[0]
    return said or " AND ".join(classified) or (written if 0 < len(written) < 80 else "")


def _python_packages() -> Iterator[Component]:
    seen: set[str] = set()
    for distribution in distributions():
        name = str(distribution.metadata["Name"]).lower().replace("_", "-")
        if name not in seen:
            seen.add(name)
            purl = f"pkg:pypi/{name}@{distribution.version}"
            yield _component(name, distribution.version, purl, licence_of(distribution))


def _debian_packages(status: Path) -> Iterator[Component]:
    if not status.exists():
        return
    for paragraph in status.read_text(encoding="utf-8").split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " "
        )
        if fields.get("Status", "").endswith(" installed"):
            purl = f"pkg:deb/debian/{fields['Package']}@{fields['Version']}?arch={fields['Architecture']}"
            yield _component(fields["Package"], fields["Version"], purl, "")


def _component(name: str, version: str, purl: str, licence: str) -> Component:
    found: Component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if licence:
        found["licenses"] = [{"license": {"name": licence}}]
    return found


if __name__ == "__main__":
    json.dump(sbom(*map(Path, sys.argv[1:2])), sys.stdout, indent=1)
    sys.stdout.write("\n")
