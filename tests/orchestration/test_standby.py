"""Last good losses: what they charge, when they are refused, and how they grow with the book and with age."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest

from pact_jax.consensus import DAILY_LOG_VOLATILITY
from pact_jax.orchestration._standby import Book, Standby, View

VIEW = View("desk", "USD", 10)
BOOK = Book(100.0, "abc")
LOSS = np.arange(60.0).reshape(20, 3) % 17.0
DAY = 86_400.0


def run(present=(True, True, True)):
    default = np.tile([[1.0, 2.0]], (20, 1))
    joint = SimpleNamespace(
        agent_loss=LOSS, interaction_loss=np.full(20, 5.0), default=SimpleNamespace(loss=default)
    )  # fmt: skip
    return SimpleNamespace(present=present, evaluation=SimpleNamespace(joint=joint))


@pytest.fixture
def standby():
    standby = Standby(capacity=2)
    standby.remember(VIEW, run(), np.full(20, 0.05), 0.01, BOOK, now=0.0)
    return standby


def shortfall(loss):
    """Mean of the worst tenth of twenty: the two largest."""
    return np.sort(loss, axis=0)[-2:].mean(axis=0)


def test_same_book_at_once_is_charged_its_own_shortfall(standby):
    charges = standby.charges(VIEW, 0.9, BOOK, now=0.0)
    np.testing.assert_allclose(charges.own, shortfall(LOSS), rtol=1e-12)
    # Default loss 3 and selling 5 - 3 = 2: market needs both, credit the first, liquidity the second.
    np.testing.assert_allclose(charges.interaction, [5.0, 3.0, 2.0], rtol=1e-12)
    assert (charges.margin, charges.age_seconds, charges.rescaled, charges.known) == (0.01, 0.0, False, True)


def test_age_widens(standby):
    charges = standby.charges(VIEW, 0.9, BOOK, now=4.0 * DAY)
    wider = np.exp(1.6448536269514722 * DAILY_LOG_VOLATILITY * 2.0)
    np.testing.assert_allclose(charges.own, wider * shortfall(LOSS), rtol=1e-12)


@pytest.mark.parametrize(("gross", "ratio"), [(250.0, 2.5), (40.0, 1.0), (float("nan"), float("nan"))])
def test_a_changed_book_is_charged_at_least_as_before(standby, gross, ratio):
    charges = standby.charges(VIEW, 0.9, Book(gross, "xyz"), now=0.0)
    np.testing.assert_allclose(charges.own, ratio * shortfall(LOSS), rtol=1e-12)
    np.testing.assert_allclose(charges.margin, 0.01 * ratio)


def test_nothing_kept_is_nothing_charged(standby):
    for view in (View("other", "USD", 10), View("desk", "EUR", 10), View("desk", "USD", 1)):
        charges = standby.charges(view, 0.9, BOOK, now=0.0)
        assert not charges.known and np.isnan(charges.own).all()


def test_only_whole_runs_are_kept_and_only_the_latest_views(standby):
    other = View("other", "USD", 10)
    standby.remember(other, run((True, False, True)), np.full(20, 0.05), 0.0, BOOK, now=1.0)
    assert not standby.charges(other, 0.9, BOOK, now=1.0).known
    for name in ("b", "c"):
        standby.remember(View(name, "USD", 10), run(), np.full(20, 0.05), 0.0, BOOK, now=1.0)
    assert not standby.charges(VIEW, 0.9, BOOK, now=1.0).known
    assert jax.tree.leaves(standby.charges(View("c", "USD", 10), 0.9, BOOK, now=1.0).own)
