# SPDX-License-Identifier: Apache-2.0
"""What turns the surprises of one pipeline into probabilities: kept with its version, or in its folder.

In a folder it stands in `calibration.json`, beside the files that `meta.json` lists and not among them: it
says something about the pipeline and is no part of it, so that its digest, and a version made again, stay as
they are. It names the digest of the pipeline that it was made for, and says nothing of any other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ModelFileError
from .risk_curve import RiskCurve
from .scale import Scale

FILE = "calibration.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scales by what they are for (`ents`, `sents`, `cats`, `text`) and the risk curve of whole texts.

    `layers` are those that the scale of `text` and the curve speak of: a text is right where all of them are.
    `digest` is that of the pipeline.
    """

    digest: str
    layers: tuple[str, ...]
    scales: Mapping[str, Scale] = field(default_factory=dict)
    curve: RiskCurve = field(default_factory=lambda: RiskCurve(0, 0, ()))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "format": FORMAT,
            "digest": self.digest,
            "layers": list(self.layers),
            "scales": {
                name: [round(scale.slope, 6), round(scale.offset, 6)] for name, scale in self.scales.items()
            },
            "curve": self.curve.to_json(),
        }

    @classmethod
    def from_json(cls, plain: Any) -> Calibration:
        """What `to_json` gave. Raises: ModelFileError where it is something else."""
        try:
            if plain["format"] != FORMAT:
                raise ModelFileError(
                    f"expected a calibration of format {FORMAT}, got {plain['format']!r}; it needs a newer "
                    "Freshet"
                )
            scales = {name: Scale(float(a), float(b)) for name, (a, b) in plain["scales"].items()}
            layers = tuple(map(str, plain["layers"]))
            return cls(str(plain["digest"]), layers, scales, RiskCurve.from_json(plain["curve"]))
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            raise ModelFileError(
                f"expected a calibration as Freshet writes it, got {type(error).__name__}: {error}"
            ) from None


def write_calibration(calibration: Calibration, folder: Path) -> Path:
    """Put it beside the files of a pipeline; where it stands now."""
    path = folder / FILE
    part = path.with_name(f"{FILE}.part")
    part.write_text(json.dumps(calibration.to_json()) + "\n", encoding="utf-8")
    os.replace(part, path)
    return path


def read_calibration(folder: Path, digest: str) -> Calibration | None:
    """The calibration in a pipeline's folder; None where there is none. Raises: ModelFileError where it is
    broken, or was made for a pipeline with another digest."""
    path = folder / FILE
    try:
        found = Calibration.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ModelFileError) as error:
        raise ModelFileError(f"{path}: {error}") from None
    if found.digest != digest:
        raise ModelFileError(
            f"{path}: expected the calibration of pipeline {digest[:12]}, got that of {found.digest[:12]}; "
            "make it anew with `freshet calibrate`"
        )
    return found
