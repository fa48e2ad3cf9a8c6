"""Figures as inline SVG, drawn here so that a report needs no plotting library and no network."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_WIDTH, _LEFT, _RIGHT = 860, 70, 20
_UP, _DOWN, _MARK, _TOTAL, _GRID, _TEXT = "#b4443c", "#3a7d5c", "#1f3d63", "#54678a", "#dfe4ec", "#2c3440"
_BAR = 24
_LABEL = 270
"""Room that a label of a mark needs."""


@dataclass(frozen=True)
class Mark:
    """A vertical line with its interval.

    Attributes:
        label: words beside the line.
        value: place on the axis.
        error: standard error; the band is 1.96 of them to each side, and there is none if it is not known.
    """

    label: str
    value: float
    error: float


def histogram(loss: np.ndarray, weight: np.ndarray, marks: Sequence[Mark], *, unit: str, bins: int = 70) -> str:
    """Distribution of a loss, with marked measures and their 95 % intervals.

    Args:
        loss: one value a scenario.
        weight: probability of each.
        marks: measures to mark.
        unit: currency, for the axis.
        bins: how many bars.

    Returns:
        An SVG element.
    """
    height, top, bottom = 330, 24 + 18 * len(marks), 48
    low, high = float(loss.min()), float(loss.max())
    if not high > low:
        low, high = low - 1.0, high + 1.0
    shares, edges = np.histogram(loss, bins=bins, range=(low, high), weights=weight)
    peak = float(shares.max()) or 1.0
    scale = _magnitude(max(abs(low), abs(high)))

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def y(share: float) -> float:
        return height - bottom - share / peak * (height - bottom - top)

    parts = []
    for tick in _ticks(low, high):
        parts += [
            _line(x(tick), top, x(tick), height - bottom, _GRID),
            _label(x(tick), height - bottom + 16, _short(tick, scale)),
        ]
    for tick in _ticks(0.0, peak, 4):
        parts += [_line(_LEFT, y(tick), _WIDTH - _RIGHT, y(tick), _GRID)]
        parts.append(_label(_LEFT - 6, y(tick) + 4, f"{100 * tick:.3g} %", "end"))
    for share, left, right in zip(shares, edges[:-1], edges[1:], strict=True):
        colour = _UP if left > 0 else _TOTAL
        parts.append(_rect(x(left), y(share), max(x(right) - x(left) - 0.6, 0.4), height - bottom - y(share), colour))
    # Labels stand on the side that is free, and the outermost on top, so that no line runs through a label.
    fits = not marks or x(max(mark.value for mark in marks)) + _LABEL < _WIDTH
    for at, mark in enumerate(sorted(marks, key=lambda mark: mark.value, reverse=not fits)):
        level, error = 16 + 18 * at, mark.error if np.isfinite(mark.error) else 0.0
        first, last = (min(max(mark.value + sign * 1.96 * error, low), high) for sign in (-1, 1))
        parts.append(_rect(x(first), level + 4, max(x(last) - x(first), 1.0), height - bottom - level - 4, _MARK, 0.18))
        parts.append(_line(x(mark.value), level + 4, x(mark.value), height - bottom, _MARK, 1.6))
        side = max(x(last), x(mark.value)) + 5 if fits else min(x(first), x(mark.value)) - 5
        parts.append(_label(side, level + 10, mark.label, "start" if fits else "end"))
    title = f"joint loss, {scale[1]}{unit} (loss positive)"
    parts.append(_label((_LEFT + _WIDTH - _RIGHT) / 2, height - 8, title))
    return _svg(height, parts, "Distribution of the joint loss with its measures")


def waterfall(names: Sequence[str], values: Sequence[float], *, total: str, title: str) -> str:
    """Contributions one after the other, and their sum.

    Args:
        names: one a bar.
        values: shares of capital.
        total: name of the sum.
        title: what the figure shows, for screen readers.

    Returns:
        An SVG element.
    """
    ends = np.cumsum([0.0, *values])
    low, high = min(float(ends.min()), 0.0), max(float(ends.max()), 0.0)
    bars = [(name, a, b) for name, a, b in zip(names, ends[:-1], ends[1:], strict=True)]
    bars.append((total, 0.0, float(ends[-1])))
    return _bars(bars, low, high, title, last_is_total=True)


def signed_bars(names: Sequence[str], values: Sequence[float], *, title: str) -> str:
    """One bar a name, to the right where it adds and to the left where it lowers.

    Args:
        names: one a bar.
        values: shares of capital.
        title: what the figure shows, for screen readers.

    Returns:
        An SVG element.
    """
    low, high = min(0.0, *values), max(0.0, *values)
    return _bars([(name, 0.0, value) for name, value in zip(names, values, strict=True)], low, high, title)


def _bars(
    bars: list[tuple[str, float, float]], low: float, high: float, title: str, *, last_is_total: bool = False
) -> str:
    left, right = 190, 90
    height = _BAR * len(bars) + 44
    low, high = (low, high) if high > low else (0.0, 1.0)

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * (_WIDTH - left - right)

    parts = []
    for tick in _ticks(low, high):
        parts += [_line(x(tick), 4, x(tick), height - 34, _GRID), _label(x(tick), height - 20, f"{100 * tick:.3g} %")]
    parts.append(_line(x(0.0), 4, x(0.0), height - 34, _TEXT))
    for at, (name, start, end) in enumerate(bars):
        total = last_is_total and at == len(bars) - 1
        colour = _TOTAL if total else (_UP if end >= start else _DOWN)
        top = 8 + _BAR * at
        parts.append(_rect(x(min(start, end)), top, max(abs(x(end) - x(start)), 1.0), _BAR - 8, colour))
        parts.append(_label(left - 8, top + 12, name if len(name) <= 26 else name[:25] + "…", "end"))
        parts.append(_label(x(max(start, end)) + 6, top + 12, f"{100 * (end - start):.3f} %", "start"))
        if last_is_total and not total:
            parts.append(_line(x(end), top + _BAR - 8, x(end), top + _BAR, _TEXT))
    parts.append(_label((left + _WIDTH - right) / 2, height - 4, "% of capital"))
    return _svg(height, parts, title)


def _ticks(low: float, high: float, count: int = 8) -> list[float]:
    """Round values between two ends."""
    rough = (high - low) / count
    base = 10.0 ** np.floor(np.log10(rough))
    step = next(base * k for k in (1.0, 2.0, 5.0, 10.0) if base * k >= rough)
    first = int(np.ceil(low / step - 1e-9))
    return [step * k for k in range(first, int(np.floor(high / step + 1e-9)) + 1)]


def _magnitude(largest: float) -> tuple[float, str]:
    for size, word in ((1e9, "billion "), (1e6, "million "), (1e3, "thousand ")):
        if largest >= size:
            return size, word
    return 1.0, ""


def _short(value: float, scale: tuple[float, str]) -> str:
    return f"{value / scale[0]:.4g}"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1.0) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _rect(x: float, y: float, width: float, height: float, colour: str, opacity: float = 1.0) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(height, 0.0):.1f}" '
        f'fill="{colour}" fill-opacity="{opacity}"/>'
    )


def _label(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_TEXT}">{html.escape(words)}</text>'


def _svg(height: int, parts: list[str], title: str) -> str:
    said = html.escape(title)
    body = "\n".join(parts)
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{said}"><title>{said}</title>\n{body}\n</svg>'
