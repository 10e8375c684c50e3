# SPDX-License-Identifier: Apache-2.0
"""Which worker owns which array: each exactly one, and all about as much."""

from __future__ import annotations

from collections.abc import Mapping


def owners_of(sizes: Mapping[str, int], n_workers: int) -> dict[str, int]:
    """The owner of each array, the largest ones handed out first, each to who has least so far; of the same
    sizes the same owners come, on every worker.

    >>> owners_of({"embed": 6, "encode": 4, "upper": 2}, 2)
    {'embed': 0, 'encode': 1, 'upper': 1}
    """
    loads = [0] * n_workers
    owners: dict[str, int] = {}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        owner = loads.index(min(loads))
        owners[name] = owner
        loads[owner] += sizes[name]
    return {name: owners[name] for name in sizes}
