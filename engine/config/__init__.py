# SPDX-License-Identifier: Apache-2.0
"""Configs and the function registry: what a config's names mean and how its sections become objects.

Import the files; this door imports nothing of them.

- `config`: a config read, overridden and interpolated; one error that shows the path of what is wrong
- `default_values`: every default written out
- `resolver`: a section as objects, its values checked
- `sections`: the sections of a fixed form, their types and defaults
- `registry`: tables of functions by namespace and name
- `size_limits`: bounds on the numbers of a saved pipeline's config
- `aliases`: names of spaCy, and the names of ours that they mean
- `parameters`: the parameters of a registered function
- `factory_arguments`: which arguments of a registered function a config may leave out
"""

from __future__ import annotations

from ..thinc_import import thinc as thinc  # first: it comes without torch
