# SPDX-License-Identifier: Apache-2.0
"""Components that do not run for a while."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class DisabledPipes(list[str]):
    """Names of components that were switched off; they run again after `restore()` or at the end of a `with`
    block.

    >>> from engine import blank
    >>> nlp = blank("en")
    >>> _ = nlp.add_pipe("sentencizer")
    >>> with nlp.select_pipes(disable="sentencizer"):
    ...     nlp.pipe_names
    []
    """

    def __init__(self, nlp: Any, names: Iterable[str]) -> None:
        self.nlp = nlp
        super().__init__(names)
        for name in self:
            nlp.get_pipe(name)  # a wrong name is said before anything changes
        for name in self:
            nlp.disable_pipe(name)

    def __enter__(self) -> DisabledPipes:
        return self

    def __exit__(self, *error: object) -> None:
        self.restore()

    def restore(self) -> None:
        """Let them run again."""
        for name in self:
            if name in self.nlp.component_names:
                self.nlp.enable_pipe(name)
        self.clear()
