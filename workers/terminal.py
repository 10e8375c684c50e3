# SPDX-License-Identifier: Apache-2.0
"""What a terminal shows of texts that came from outside: rich's console and lines of JSON, with what would
command the terminal written out. Pipes and files get everything as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.status import Status
from rich.text import Text

from .visible_text import visible


class VisibleConsole(Console):
    """Rich's console, which sends a terminal only the escapes that it wrote itself, and to which a text is
    a text: what rich would read as colours, links or emoji (`[red]`, `:bug:`) stands there as it came."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, markup=False, emoji=False)

    def status(self, status: RenderableType, **options: Any) -> Status:
        """What goes on meanwhile, in a line that is gone afterwards."""
        return _PlainStatus(plain(status), console=self, **options)

    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        if not self.is_terminal:
            return super()._render_buffer(buffer)
        return super()._render_buffer(
            each if each.control else Segment(visible(each.text), each.style) for each in buffer
        )


class _PlainStatus(Status):
    def update(self, status: RenderableType | None = None, **options: Any) -> None:
        super().update(None if status is None else plain(status), **options)


def plain(shown: RenderableType) -> RenderableType:
    """A text as it is: rich's spinners read colours out of one."""
    return Text(shown) if isinstance(shown, str) else shown


class VisibleSink:
    """Takes the bytes of a text, as a file does, and shows them on stdout, which is a terminal."""

    def write(self, data: bytes) -> int:
        """Show them."""
        sys.stdout.write(visible(data.decode("utf-8", "backslashreplace")))
        return len(data)

    def writelines(self, lines: Iterable[bytes]) -> None:
        """Show several."""
        for line in lines:
            self.write(line)


def write_line(data: bytes, stream: TextIO | None = None) -> None:
    """A line of UTF-8 on stdout: as it is, or so that a terminal can show it."""
    target: Any = sys.stdout if stream is None else stream
    if target.isatty():
        target.write(visible(data.decode("utf-8", "backslashreplace")) + "\n")
    elif hasattr(target, "buffer"):
        target.flush()
        target.buffer.write(data + b"\n")
    else:
        target.write(data.decode("utf-8") + "\n")
    target.flush()
