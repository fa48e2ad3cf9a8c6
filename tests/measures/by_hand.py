"""Tail measures by sorting, in exact rational arithmetic: the definition, written a second time."""

from fractions import Fraction

import numpy as np


def sorted_measures(loss, weight, confidence):
    """VaR, ES and tail weights of a small sample; weights as printed decimals (snapped to 1e-12), level likewise."""
    n = len(loss)
    w = [Fraction(1, n)] * n if weight is None else [Fraction(float(x)).limit_denominator(10**6) for x in weight]
    tail = 1 - Fraction(str(confidence))
    values = sorted({x for x, wi in zip(loss, w, strict=True) if wi > 0})
    above = {x: sum((wi for y, wi in zip(loss, w, strict=True) if y > x), Fraction(0)) for x in values}
    var = min(x for x in values if above[x] <= tail)
    ties = sum(wi for y, wi in zip(loss, w, strict=True) if y == var)
    rest = 1 - above[var] / tail
    t = [
        wi / tail if y > var else (wi / ties * rest if y == var else Fraction(0)) for y, wi in zip(loss, w, strict=True)
    ]
    es = sum(ti * Fraction(float(y)) for ti, y in zip(t, loss, strict=True))
    return float(var), float(es), np.array([float(x) for x in t])
