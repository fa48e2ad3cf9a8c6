"""What an assessment answers: one score, its bound and decision, and everything behind them with names on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

import numpy as np
import pandas as pd

from pact_jax.consensus import INTERACTION_NOT_COVERED, Contribution
from pact_jax.errors import UnknownName
from pact_jax.measures import CumulativeSpectrum, default_lag
from pact_jax.snapshot import Labels, Snapshot

from ._base_values import base_check, base_values
from ._dependence import is_history, refuse_randomised
from ._findings import Findings
from ._leaves import LEVELS, explain, leaf_table, with_units
from ._loss_frames import DEFAULT_SPECTRA, quantile_frame, spectral_frame
from ._losses import Losses
from ._manifest import RunManifest
from ._plain import plain
from ._tail import tail_frame


@dataclass(eq=False, repr=False)
class AssessmentReport:
    """One assessment. Shown as a table in a notebook; never blocks, because every number is on the host already.

    Attributes:
        score: expected shortfall of the joint loss over capital; of the survivors plus bound when DEGRADED.
        upper_bound: one-sided 95 % bound of the score; infinite where something missing has no bound.
        decision: PASS, REVIEW, BREACH or BREACH-UNKNOWN on the score limit, never better than what is missing allows.
        compliance: the worst decision over the whole limit set.
        reliability: probability that the score is within 10 % of its expectation; NaN if the score is not positive.
        capital: K, reporting currency.
        confidence: quantile level of the score.
        horizon_days: business days.
        agent_score: stand-alone score of each agent.
        interaction_score: stand-alone score of the interaction.
        score_sum: sum of the stand-alone scores; not always above the score.
        diversification: `1 - score / score_sum`.
        implied_correlation: correlation of agents that explains the score; NaN where undefined.
        loss_correlation: correlation of the agents' losses, an output.
        score_survivors: score of the agents that answered.
        flags: DEGRADED, INCOMPLETE, CROSS_RISK_INDEPENDENT, NOT_SUPPLIED ... with words.
        missing: agents that did not answer, and why.
        measures: named measures with standard errors and bounds.
        limits: the limit set, judged; worst first.
        alerts: alerts that the limit set opens.
        findings: concentration, expected loss, coverage.
        losses: loss vectors.
        value: present value of each place on the positions axis, reporting currency.
        contribution: shares of the score, by place and factor.
        unallocated: shares of the score, by agent, that no position explains.
        worst: worst scenarios with drivers.
        labels: names of every axis.
        manifest: provenance.
        snapshot: the input.
        receipt: sequence and hash of the audit record, where one was written.
    """

    score: float
    upper_bound: float
    decision: str
    compliance: str
    reliability: float
    capital: float
    confidence: float
    horizon_days: int
    agent_score: dict[str, float]
    interaction_score: float
    score_sum: float
    diversification: float
    implied_correlation: float
    loss_correlation: pd.DataFrame
    score_survivors: float
    flags: tuple[str, ...]
    missing: dict[str, str]
    measures: pd.DataFrame
    limits: pd.DataFrame
    alerts: pd.DataFrame
    findings: Findings
    losses: Losses
    value: np.ndarray
    contribution: Contribution
    unallocated: dict[str, float]
    worst: pd.DataFrame
    labels: Labels
    manifest: RunManifest
    snapshot: Snapshot
    receipt: tuple[int, str] | None = None

    @cached_property
    def base_value(self) -> pd.Series:
        """Present value of each position by id, reporting currency."""
        return base_values(self.labels, self.value)

    @cached_property
    def base_check(self) -> pd.DataFrame:
        """Base value beside the input price, where one was given."""
        return base_check(self.snapshot, self.base_value)

    @cached_property
    def leaves(self) -> pd.DataFrame:
        """Shares of the score that are not exactly 0: agent, desk, item, factor, contribution (share of capital)."""
        return leaf_table(self.contribution, self.labels, self.unallocated)

    @cached_property
    def _leaves_with_units(self) -> pd.DataFrame:
        return with_units(self.leaves, self.score, computed_in=self.manifest.dtype)

    def explain(self, level: str = "agent") -> pd.DataFrame:
        """What the score is made of, at a level; every level sums to the score.

        Args:
            level: "agent", "desk", "position" or "factor".

        Returns:
            Largest first. `contribution` is a share of capital and sums to the score to rounding;
            `contribution_units`, in 1e-12 of capital, sums exactly and each level is an integer sum of the next.
            At agent level `standalone` is the agent's own score in its own tail.

        Raises:
            UnknownName: the level is none of these.
        """
        if level not in LEVELS:
            raise UnknownName(level, LEVELS, kind="level", where="explain")
        table = explain(self._leaves_with_units, level)
        if level == "agent":
            own = {**self.agent_score, "interaction": self.interaction_score}
            table["standalone"] = table["agent"].map(own)
        return table

    def measure(self, name: str, scope: str = "total") -> float:
        """Value of one named measure.

        Args:
            name: such as `var_99`, `expected_shortfall`, `expected_loss`.
            scope: total, agent:NAME, desk:NAME or issuer:NAME.

        Returns:
            The value, in the unit that `measures` names.

        Raises:
            UnknownName: there is no such measure.
        """
        found = self.measures[(self.measures["measure"] == name) & (self.measures["scope"] == scope)]
        if not len(found):
            known = sorted(
                {f"{m} ({s})" for m, s in zip(self.measures["measure"], self.measures["scope"], strict=True)}
            )
            raise UnknownName(f"{name} ({scope})", known, kind="measure", where="measure")
        return float(found["value"].iloc[0])

    def tail(
        self,
        levels: Sequence[float] = (0.99, 0.995, 0.999),
        *,
        scope: str = "total",
        exceedances: int | None = None,
    ) -> pd.DataFrame:
        """VaR and ES beyond the scenarios: a generalised Pareto law for the losses above a threshold.

        Args:
            levels: quantile levels beyond the threshold.
            scope: total, agent:NAME, interaction or desk:NAME.
            exceedances: how many of the largest losses make the tail; n^(2/3), at most a tenth, if None.

        Returns:
            Two rows a level: `measure`, `confidence`, `value`, `standard_error` (delta method), `low` and `high` (95 %
            interval by the profile likelihood), `by_moments` (probability-weighted moments, a second opinion),
            `sample` (of the scenarios themselves), `threshold`, `exceedances`, `shape`, `shape_standard_error`;
            reporting currency. `attrs["flags"]` say what to know: windows of history count for fewer independent
            losses, and intervals widen by that.

        Raises:
            ArgumentError: unequal weights, scenarios in randomisations, too few exceedances, ties, or a level that is
                not beyond the threshold.
            UnknownName: there is no such scope.
        """
        refuse_randomised(self.manifest.generator, "tail")
        losses = self.losses_frame().drop(columns=["weight", "tail_weight"]).rename(columns={"loss": "total"})
        if scope not in losses:
            raise UnknownName(scope, losses.columns, kind="scope", where="tail")
        return tail_frame(
            losses[scope].to_numpy(),
            self.losses.weight,
            levels,
            exceedances=exceedances,
            generator=self.manifest.generator,
            horizon_days=self.horizon_days,
        )

    def spectral(self, spectra: Mapping[str, CumulativeSpectrum] | None = None) -> pd.DataFrame:
        """Spectral risk measures of the joint loss, with standard errors and the exact part of each desk.

        Args:
            spectra: cumulative spectra by name, such as `partial(measures.exponential_spectrum, risk_aversion=20.0)`;
                exponential and power ones if None.

        Returns:
            One row a spectrum: `value`, `standard_error`, then `desk:NAME` and `unallocated`, which sum to the value;
            reporting currency. Standard errors of windows of history are those of dependent losses.

        Raises:
            ArgumentError: a spectrum makes no coherent measure, or the scenarios come in randomisations.
        """
        refuse_randomised(self.manifest.generator, "spectral")
        desks = self.losses_frame().filter(like="desk:")
        losses = desks.assign(unallocated=self.losses.total - desks.sum(axis=1), total=self.losses.total)
        lag = default_lag(len(losses), self.horizon_days) if is_history(self.manifest.generator) else None
        return spectral_frame(losses, self.losses.weight, DEFAULT_SPECTRA if spectra is None else spectra, lag=lag)

    def value_at_risk_by_rule(self, levels: Sequence[float] = (0.95, 0.99)) -> pd.DataFrame:
        """The value at risk of the joint loss by every order-statistic rule that systems print.

        Args:
            levels: quantile levels.

        Returns:
            One row a level, one column a rule of `pact_jax.measures.OrderStatistic`; `exceedance` is the rule of this
            package. Reporting currency.

        Raises:
            ArgumentError: the scenarios have unequal weights, which the rules do not know.
        """
        return quantile_frame(self.losses.total, self.losses.weight, levels)

    @property
    def interaction_not_covered(self) -> tuple[str, ...]:
        """Interactions that the joint loss leaves out, by name."""
        return INTERACTION_NOT_COVERED

    def losses_frame(self) -> pd.DataFrame:
        """Loss of every scenario: total, by agent, interaction and by desk, with weights; reporting currency."""
        return self.losses.frame(self.labels.desks)

    def to_frame(self) -> pd.DataFrame:
        """Named measures: measure, scope, value, standard error, bound, unit."""
        return self.measures.copy()

    def to_dict(self) -> dict[str, object]:
        """The assessment as plain values for JSON; not-a-number and infinity become None and "infinity"."""
        total = self.measures[self.measures["scope"] == "total"]
        contribution = self.explain("agent")
        values: dict[str, object] = {
            "portfolio_id": self.snapshot.portfolio_id,
            "valuation_date": str(self.snapshot.valuation_date),
            "reporting_currency": self.snapshot.reporting_currency,
            "capital": self.capital,
            "confidence": self.confidence,
            "horizon_days": self.horizon_days,
            "upper_bound": self.upper_bound,
            "decision": self.decision,
            "compliance": self.compliance,
            "reliability": self.reliability,
            **dict(zip(total["measure"], total["value"], strict=True)),
            "agent_score": self.agent_score,
            "interaction_score": self.interaction_score,
            "score_sum": self.score_sum,
            "diversification": self.diversification,
            "implied_correlation": self.implied_correlation,
            "contribution": dict(zip(contribution["agent"], contribution["contribution"], strict=True)),
            "contribution_units": dict(zip(contribution["agent"], contribution["contribution_units"], strict=True)),
            "flags": list(self.flags),
            "missing": self.missing,
            "interaction_not_covered": list(self.interaction_not_covered),
            "measures": self.measures.to_dict("records"),
            "limits": self.limits.to_dict("records"),
            "alerts": self.alerts.to_dict("records"),
            "worst_scenarios": self.worst.to_dict("records"),
            "rejected": [str(row) for row in self.snapshot.rejected],
            "manifest": self.manifest.to_dict(),
            "receipt": self.receipt,
        }
        return {key: plain(value) for key, value in values.items()}

    def __repr__(self) -> str:
        codes = dict.fromkeys(flag.partition(":")[0] for flag in self.flags)
        flags = f" [{'; '.join(codes)}]" if codes else ""
        return (
            f"AssessmentReport {self.snapshot.portfolio_id}: score {self.score:.4f} of capital "
            f"(95 % bound {self.upper_bound:.4f}), {self.decision}, ES {self.confidence:.1%} over "
            f"{self.horizon_days} business days{flags}"
        )

    def _repr_html_(self) -> str:
        """Table for notebooks."""
        head = (
            f"<p><b>{escape(self.snapshot.portfolio_id)}</b> on {self.snapshot.valuation_date}: score "
            f"<b>{self.score:.4f}</b> of capital (one-sided 95&nbsp;% bound {self.upper_bound:.4f}), "
            f"<b>{self.decision}</b>; expected shortfall {self.confidence:.1%} over {self.horizon_days} business days, "
            f"capital {self.capital:,.0f} {escape(self.snapshot.reporting_currency)}</p>"
        )
        flags = "".join(f"<li>{escape(flag)}</li>" for flag in self.flags)
        table = self.explain("agent").to_html(index=False, float_format=lambda x: f"{x:.6f}")
        return head + table + (f"<ul>{flags}</ul>" if flags else "")
