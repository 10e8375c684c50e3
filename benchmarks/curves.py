# SPDX-License-Identifier: Apache-2.0
"""Curves as a picture: one SVG, written by hand, for pages that GitHub shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 360, 52, 44, 34, 170
COLOURS = ("#1f6fb4", "#d1642b", "#3a8a4f", "#8250a8", "#777777")


def draw_curves(
    title: str, x_name: str, y_name: str, curves: Mapping[str, Points], levels: Mapping[str, float]
) -> str:
    """An SVG of curves by name, and of levels as dashed lines."""
    xs = [x for points in curves.values() for x, _ in points] or [0.0, 1.0]
    ys = [y for points in curves.values() for _, y in points] + list(levels.values())
    frame = _Frame(0.0, max(*xs, 1.0), min(ys) - 2, max(ys) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(title)}</text>',
        *frame.axes(x_name, y_name),
    ]
    for colour, (name, y) in zip(reversed(COLOURS), levels.items(), strict=False):
        parts += frame.level(name, y, colour)
    for i, (name, points) in enumerate(curves.items()):
        parts += frame.curve(name, points, COLOURS[i % len(COLOURS)])
    return "\n".join([*parts, "</svg>", ""])


class _Frame:
    def __init__(self, x0: float, x1: float, y0: float, y1: float) -> None:
        self.x0, self.x1, self.y0, self.y1 = x0, x1, y0, y1

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the data is in the picture."""
        across = (x - self.x0) / (self.x1 - self.x0) * (WIDTH - LEFT - RIGHT)
        up = (y - self.y0) / (self.y1 - self.y0) * (HEIGHT - TOP - BOTTOM)
        return round(LEFT + across, 1), round(HEIGHT - BOTTOM - up, 1)

    def axes(self, x_name: str, y_name: str) -> list[str]:
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        lines = [f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#333"/>']
        for k in range(5):
            x = self.x0 + k * (self.x1 - self.x0) / 4
            y = self.y0 + k * (self.y1 - self.y0) / 4
            px, py = self.at(x, y)
            lines.append(f'<text x="{px}" y="{bottom + 16}" text-anchor="middle">{x:.0f}</text>')
            lines.append(f'<text x="{LEFT - 6}" y="{py + 4}" text-anchor="end">{y:.0f}</text>')
            lines.append(f'<path d="M{LEFT} {py}H{right}" stroke="#eee"/>')
        middle = (LEFT + right) / 2
        lines.append(f'<text x="{middle}" y="{HEIGHT - 8}" text-anchor="middle">{escape(x_name)}</text>')
        lines.append(f'<text x="8" y="{TOP - 4}">{escape(y_name)}</text>')
        return lines

    def curve(self, name: str, points: Points, colour: str) -> list[str]:
        placed = [self.at(x, y) for x, y in points]
        path = " ".join(f"{x},{y}" for x, y in placed)
        dots = [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in placed]
        x, y = placed[-1]
        label = f'<text x="{x + 8}" y="{y + 4}" fill="{colour}">{escape(name)}</text>'
        return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, label]

    def level(self, name: str, y: float, colour: str) -> list[str]:
        _, py = self.at(self.x0, y)
        right = WIDTH - RIGHT
        return [
            f'<path d="M{LEFT} {py}H{right}" stroke="{colour}" stroke-dasharray="5 4"/>',
            f'<text x="{right + 8}" y="{py - 4}" fill="{colour}">{escape(name)}</text>',
        ]
