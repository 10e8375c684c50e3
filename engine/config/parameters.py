# SPDX-License-Identifier: Apache-2.0
"""The parameters of a registered function, which are what a config may say of it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

if sys.version_info >= (3, 14):
    import annotationlib


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Names and defaults, in order, whatever the annotations name."""
    if sys.version_info >= (3, 14):  # annotations are evaluated when they are asked for, and may fail then
        late = inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
        return list(late.parameters.values())
    return list(inspect.signature(function).parameters.values())
