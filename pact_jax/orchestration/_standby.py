"""The last good losses of every agent: what stands in for one that is missing, rescaled and widened for age."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import jax
import numpy as np
from jaxtyping import Array, Float

from pact_jax.consensus import LossAgent, stale_charge

from ._compose import AgentRun

_SECONDS_PER_DAY: Final = 86_400.0


@dataclass(frozen=True)
class View:
    """What must agree before old losses may stand in for new ones.

    Attributes:
        portfolio: id.
        currency: that losses are in.
        horizon_days: business days; losses over another horizon are another quantity.
    """

    portfolio: str
    currency: str
    horizon_days: int


@dataclass(frozen=True)
class Book:
    """How large a book is, and which.

    Attributes:
        gross: gross value, reporting currency; NaN if it is not known.
        fingerprint: hash of the inputs.
    """

    gross: float
    fingerprint: str


@dataclass(frozen=True)
class LastGood:
    """Losses of a run in which every agent answered.

    Attributes:
        loss: each agent's own.
        interaction: the interactions that vanish with each agent.
        weight: of the scenarios.
        width: upper bound less score of that run, a share of capital.
        book: that they are of.
        at: seconds of a monotonic clock.
    """

    loss: Float[np.ndarray, "scenarios agents"]
    interaction: Float[np.ndarray, "scenarios agents"]
    weight: Float[np.ndarray, "scenarios"]
    width: float
    book: Book
    at: float


@dataclass(frozen=True)
class Charges:
    """What missing agents are charged, reporting currency; NaN where there is nothing to charge by.

    Attributes:
        own: rho of each agent.
        interaction: rho of its interactions with the others.
        margin: for the sampling error of those losses, a share of capital; what is missing had an error, too.
        age_seconds: of the losses behind them; NaN where there are none.
        rescaled: whether the book has grown since.
    """

    own: Float[np.ndarray, "agents"]
    interaction: Float[np.ndarray, "agents"]
    margin: float
    age_seconds: float
    rescaled: bool

    @property
    def known(self) -> bool:
        """Whether there was anything to charge by."""
        return not np.isnan(self.age_seconds)


NO_CHARGES: Final = Charges(np.full(len(LossAgent), np.nan), np.full(len(LossAgent), np.nan), 0.0, float("nan"), False)


class Standby:
    """Keeps the last good losses of a bounded number of views, the most recent ones.

    Args:
        capacity: views kept.
    """

    def __init__(self, capacity: int = 32):
        self._capacity = capacity
        self._kept: OrderedDict[View, LastGood] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, view: View, run: AgentRun, weight: Array, width: float, book: Book, now: float) -> None:
        """Keeps the losses of a run in which nothing failed; any other run teaches nothing.

        Args:
            view: portfolio and horizon.
            run: what the agents answered.
            weight: of the scenarios.
            width: upper bound less score, a share of capital.
            book: that was assessed.
            now: seconds of a monotonic clock.
        """
        if not all(run.present):
            return
        good = LastGood(_own(run), _interaction(run), np.asarray(weight), width, book, now)
        with self._lock:
            self._kept[view] = good
            self._kept.move_to_end(view)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)

    def charges(self, view: View, confidence: float, book: Book, now: float) -> Charges:
        """What each agent would be charged if it were missing now; runs compiled code, so call it on a compute thread.

        Args:
            view: portfolio and horizon.
            confidence: level of the score.
            book: as it is now.
            now: seconds of a monotonic clock.

        Returns:
            Charges, all NaN if nothing is kept. A book that shrank is charged as the larger one that it was.
        """
        kept = self._kept.get(view)
        if kept is None:
            return NO_CHARGES
        ratio = _growth(kept.book, book)
        # Calendar days are at least as many as business days, so they only widen.
        age = max(0.0, now - kept.at)
        losses = np.concatenate([kept.loss, kept.interaction], axis=1)
        scalars = (np.asarray(x, losses.dtype) for x in (confidence, ratio, age / _SECONDS_PER_DAY))
        found = np.asarray(_charge_each(losses, kept.weight, *scalars))
        return Charges(found[: len(LossAgent)], found[len(LossAgent) :], kept.width * ratio, age, ratio != 1.0)


def _growth(then: Book, now: Book) -> float:
    if then.fingerprint == now.fingerprint:
        return 1.0
    if not (then.gross > 0.0 and np.isfinite(now.gross)):
        return float("nan")
    return max(1.0, now.gross / then.gross)


@jax.jit
def _charge_each(
    losses: Float[Array, "scenarios agents"],
    weight: Float[Array, "scenarios"],
    confidence: Float[Array, ""],
    ratio: Float[Array, ""],
    age_days: Float[Array, ""],
) -> Float[Array, "agents"]:
    return jax.vmap(lambda loss: stale_charge(loss, weight, confidence, ratio, age_days), in_axes=1)(losses)


def _own(run: AgentRun) -> np.ndarray:
    return np.asarray(run.evaluation.joint.agent_loss)


def _interaction(run: AgentRun) -> np.ndarray:
    """By agent, the sum of the interactions that need it: default with market and credit, selling with market."""
    joint = run.evaluation.joint
    default = np.asarray(joint.default.loss).sum(axis=1)
    selling = np.asarray(joint.interaction_loss) - default
    return np.stack([default + selling, default, selling], axis=1)
