# SPDX-License-Identifier: Apache-2.0
"""Adam with weight decay, and rates by group of parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

from thinc.api import Optimizer

from ...config.registry import registry
from ...errors import EngineError
from ...layers.listener import factor_of

RATE, DECAY = "learn_rate", "weight_decay"


class GroupedAdam(Optimizer):
    """Thinc's Adam, decay apart from the gradient, with a rate and a decay of its own for some parameters.

    A group is a pattern over `component/part/layer.K/name`, as those of learning from a stream are; the first
    that matches counts.
    Source: I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, 2019.
    """

    learn_rate: float
    L2: float

    def __init__(self, learn_rate: Any, groups: Mapping[str, Mapping[str, Any]], **settings: Any) -> None:
        super().__init__(learn_rate, L2_is_weight_decay=True, **settings)
        self.groups = {pattern: dict(group) for pattern, group in groups.items()}
        self.rates = {pattern: self._first(group.get(RATE)) for pattern, group in groups.items()}
        self.places: dict[tuple[int, str], str] = {}
        for pattern, group in groups.items():
            unknown = set(group) - {RATE, DECAY}
            if unknown:
                raise EngineError(
                    f"groups -> {pattern}: expected {RATE} and {DECAY}, got {', '.join(sorted(unknown))}"
                )

    @staticmethod
    def _first(rate: Any) -> float | None:
        return None if rate is None else factor_of(rate)

    def know(self, places: Mapping[tuple[int, str], str]) -> None:
        """Take where parameters stand, by their keys."""
        self.places.update(places)

    def group_of(self, key: tuple[int, str]) -> str | None:
        """The pattern of a parameter's group, None where it is in none."""
        place = self.places.get(key, "")
        return next((pattern for pattern in self.groups if fnmatchcase(place, pattern)), None)

    def step_schedules(self) -> None:
        """Move all schedules on, those of groups too."""
        super().step_schedules()
        for pattern, group in self.groups.items():
            if isinstance(group.get(RATE), Iterator):
                self.rates[pattern] = next(group[RATE], self.rates[pattern])

    def __call__(
        self, key: tuple[int, str], weights: Any, gradient: Any, *, lr_scale: float = 1.0
    ) -> tuple[Any, Any]:
        """Change one parameter by its gradient, which becomes zero."""
        pattern = self.group_of(key)
        if pattern is None:
            changed: tuple[Any, Any] = super().__call__(key, weights, gradient, lr_scale=lr_scale)
            return changed
        rate, decay = self.rates[pattern], self.groups[pattern].get(DECAY, self.L2)
        if rate == 0.0:
            return weights, gradient * 0
        with self._as(self.learn_rate if rate is None else rate, decay):
            changed = super().__call__(key, weights, gradient, lr_scale=lr_scale)
        return changed

    @contextmanager
    def _as(self, rate: float, decay: float) -> Iterator[None]:
        before = self.learn_rate, self.L2
        self.learn_rate, self.L2 = rate, decay
        try:
            yield
        finally:
            self.learn_rate, self.L2 = before


@registry.optimizers("freshet.AdamW.v1")
def AdamW(
    learn_rate: Any = 5e-5,
    *,
    beta1: Any = 0.9,
    beta2: Any = 0.999,
    eps: Any = 1e-8,
    weight_decay: Any = 0.01,
    grad_clip: Any = 1.0,
    use_averages: bool = False,
    groups: dict[str, dict[str, Any]] = {},  # noqa: B006  # configs show it
) -> GroupedAdam:
    """Adam with weight decay. `groups`: pattern -> `learn_rate` (a number or a schedule) and `weight_decay`
    for the parameters that it matches, such as `{"transformer/*": {"learn_rate": 5e-5}}`; a rate of 0 freezes
    them.

    `grad_clip` is the longest that the gradient of one array may be, as in `Adam.v1`.
    """
    return GroupedAdam(
        learn_rate,
        groups,
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        L2=weight_decay,
        grad_clip=grad_clip,
        use_averages=use_averages,
    )
