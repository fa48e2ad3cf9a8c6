"""How the market is revalued in an assessment: in full, or by ladder with the tails in full."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from pact_jax._pipeline import Observed, RiskInputs, observe
from pact_jax._program import rehearse
from pact_jax.agents import LADDER_NODES
from pact_jax.consensus import DESK_TOLERANCE, SAFETY, TailCertificate
from pact_jax.errors import ArgumentError
from pact_jax.instruments import Portfolio
from pact_jax.revaluation import LeftInFull, RevaluationMode, plan_ladders
from pact_jax.scenarios import ScenarioSet


class Revalued(NamedTuple):
    """What was observed, and how.

    Attributes:
        observed: the first half of the story.
        mode: FULL or LADDER: how the losses that the report rests on were had.
        flags: what a reader of the report has to know of it.
    """

    observed: Observed
    mode: RevaluationMode
    flags: tuple[str, ...]


def check_mode(mode: RevaluationMode) -> None:
    """Refuses a mode that does not revalue the tails, and what is no mode."""
    if mode not in (RevaluationMode.FULL, RevaluationMode.LADDER):
        mend = "use RevaluationMode.FULL or RevaluationMode.LADDER: both give the exact score"
        raise ArgumentError(f"an assessment by {getattr(mode, 'value', mode)!r}", where="assess", mend=mend)


def observe_by(
    mode: RevaluationMode,
    inputs: RiskInputs,
    host: Portfolio,
    scenarios: ScenarioSet,
    confidence: float,
    levels: tuple[float, ...],
    tell: Callable[[str], None],
) -> Revalued:
    """Observes the scenarios in the mode asked for, and in full where its certificate does not hold.

    Args:
        mode: FULL or LADDER.
        inputs: on the device.
        host: the positions as they are on the host, so that planning waits for no transfer.
        scenarios: the shared set.
        confidence: level of the score.
        levels: levels of the values at risk.
        tell: told in words what comes next.

    Returns:
        What was observed, in which mode, with flags.
    """
    flags: tuple[str, ...] = ()
    if mode is RevaluationMode.LADDER:
        plan, left = plan_ladders(host, inputs.market, scenarios.shock, spot_nodes=LADDER_NODES.spot)
        if plan is None:
            flags = ("FULL_REVALUATION: no ladder covers any position of this book",)
        else:
            rehearse(observe, inputs, scenarios, confidence, levels=levels, ladder=plan)
            observed = observe(inputs, scenarios, confidence, levels=levels, ladder=plan)
            assert observed.certificate is not None
            certificate = jax.tree.map(np.asarray, observed.certificate)
            if certificate.holds:
                return Revalued(observed, mode, (_ladder_flag(certificate, left, scenarios.num_scenarios),))
            tell("the ladders are not close enough on the tails: revaluing in full")
            wanted = (
                f"wanted: desks within {DESK_TOLERANCE:.1%} of the joint VaR, and a distance of {SAFETY:g} such errors"
            )
            flags = (f"FULL_REVALUATION: the ladders' certificate did not hold ({_in_words(certificate)}; {wanted})",)
    rehearse(observe, inputs, scenarios, confidence, levels=levels)
    return Revalued(observe(inputs, scenarios, confidence, levels=levels), RevaluationMode.FULL, flags)


def _ladder_flag(certificate: TailCertificate, left: tuple[LeftInFull, ...], num_scenarios: int) -> str:
    without = ", ".join(str(kind) for kind in left) or "no kind"
    return (
        f"LADDER: of {num_scenarios:,} scenarios {int(certificate.verified):,} are revalued in full, the others in "
        f"float32 by ladders and strips (none for {without}); score, VaR, ES and contributions of the joint loss "
        f"and of the market agent are those of full revaluation; measures of desks, loss correlations and scenarios "
        f"before the lowest VaR carry their error ({_in_words(certificate)})"
    )


def _in_words(certificate: TailCertificate) -> str:
    return (
        f"largest error {float(certificate.max_error):,.4g} of the joint loss and {float(certificate.desk_error):,.4g} "
        f"of a desk's, VaR {float(certificate.value_at_risk_error):,.4g} and ES "
        f"{float(certificate.expected_shortfall_error):,.4g} off before it, nearest other scenario "
        f"{float(certificate.distance):,.4g} such errors from the lowest VaR"
    )
