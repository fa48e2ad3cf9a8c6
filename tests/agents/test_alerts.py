"""Alerts: episodes, hysteresis, timers; the compiled step against a state machine in plain Python."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from pact_jax.agents import (
    AlertReason,
    Tier,
    acknowledge,
    alert_evidence,
    breach_probability,
    default_alert_rules,
    no_alerts,
    step_alerts,
    tally_alerts,
    wilson_interval,
)

NAN = float("nan")
PATIENCE = (300.0, 900.0, 3600.0)


def rules(tier=Tier.HUMAN, clear_after=120.0):
    return default_alert_rules(
        jnp.asarray([int(tier)]),
        jnp.asarray([0.8]),
        hysteresis=0.1,
        clear_after=clear_after,
        acknowledge_within=PATIENCE,
    )


def run(steps, table=None):
    """Alerts of one limit along (seconds, utilisation, acknowledged before the step) as (time, tier, reason)."""
    table = rules() if table is None else table
    state, seen = no_alerts(table), []
    for now, used, taken in steps:
        if taken:
            state = acknowledge(state, jnp.asarray([True]))
        step = step_alerts(table, state, jnp.asarray([used]), jnp.asarray(float(now)))
        state = step.state
        if step.emitted[0]:
            seen.append((now, Tier(int(step.tier[0])), AlertReason(int(step.reason[0]))))
    return seen, state


def test_one_condition_alerts_once():
    seen, state = run([(0, 0.5, False), (10, 0.85, False), (20, 0.85, False), (30, 0.9, False)])
    assert seen == [(10, Tier.AUTOMATIC, AlertReason.OPENED)]
    assert int(state.suppressed[0]) == 2 and int(state.episode[0]) == 1 and float(state.opened_at[0]) == 10.0


def test_crossing_higher_thresholds_alerts_again():
    seen, _ = run([(0, 0.85, True), (1, 1.0, True), (2, 1.01, True), (3, 0.9, True), (4, 1.05, True), (5, 1.3, True)])
    assert seen == [
        (0, Tier.AUTOMATIC, AlertReason.OPENED),
        (2, Tier.HUMAN, AlertReason.RAISED),
        (5, Tier.EXECUTIVE, AlertReason.RAISED),
    ]


def test_hysteresis_merges_a_chattering_measure_into_one_episode():
    chatter = [(10 * k, 0.81 if k % 2 else 0.79, True) for k in range(20)]
    seen, state = run(chatter)
    assert len(seen) == 1 and int(state.episode[0]) == 1
    # Below 0.72 for 120 seconds it is over; a shorter dip is not.
    dip = [(0, 0.9, True), (10, 0.7, True), (100, 0.75, True), (110, 0.7, True), (229, 0.7, True), (230, 0.7, True)]
    seen, state = run([*dip, (300, 0.9, True)])
    assert [(now, reason.name) for now, _, reason in seen] == [(0, "OPENED"), (230, "CLEARED"), (300, "OPENED")]
    assert int(state.episode[0]) == 2


def test_nobody_acknowledges():
    steps = [(now, 0.9, False) for now in (0, 299, 300, 1199, 1200, 4799, 4800, 8400)]
    seen, _ = run(steps)
    assert seen == [
        (0, Tier.AUTOMATIC, AlertReason.OPENED),
        (300, Tier.HUMAN, AlertReason.ESCALATED),
        (1200, Tier.EXECUTIVE, AlertReason.ESCALATED),
        (4800, Tier.EXECUTIVE, AlertReason.REMINDED),
        (8400, Tier.EXECUTIVE, AlertReason.REMINDED),
    ]


def test_acknowledging_stops_the_timer_until_it_gets_worse():
    seen, state = run([(0, 1.1, False), (10, 1.1, True), (5000, 1.1, False), (5001, 1.3, False), (8601, 1.3, False)])
    assert [(now, tier.name, reason.name) for now, tier, reason in seen] == [
        (0, "HUMAN", "OPENED"),
        (5001, "EXECUTIVE", "RAISED"),
        (8601, "EXECUTIVE", "REMINDED"),
    ]
    assert not bool(state.acknowledged[0])
    quiet = acknowledge(no_alerts(rules()), jnp.asarray([True]))
    assert not bool(quiet.acknowledged[0])


@pytest.mark.parametrize("tier", list(Tier))
def test_a_lost_measure_alerts_whoever_the_limit_names_and_never_calms(tier):
    seen, state = run([(0, NAN, False)], rules(tier))
    assert seen == [(0, tier, AlertReason.OPENED)]
    seen, state = run([(0, 1.1, True), (10, NAN, True), (1000, NAN, True)])
    assert len(seen) == 1 and bool(state.active[0])


def test_default_thresholds():
    table = default_alert_rules(jnp.asarray([0, 1, 2]), jnp.full(3, 0.8))
    assert table.threshold.tolist() == [[1.0, 1.2, 1.2], [0.8, 1.0, 1.2], [0.8, 0.8, 1.0]]
    np.testing.assert_allclose(table.clear_at, [0.95, 0.76, 0.76], rtol=1e-15)


class Machine:
    """The same rules, written as one would explain them."""

    def __init__(self):
        self.active, self.tier, self.peak, self.since, self.calm, self.taken = False, 0, 0, 0.0, None, False

    def step(self, now, used):
        level = max([-1] + [k for k, edge in enumerate((0.8, 1.0, 1.2)) if used > edge])
        if not self.active:
            if level < 0:
                return None
            self.active, self.tier, self.peak, self.since, self.calm, self.taken = True, level, level, now, None, False
            return level, "OPENED"
        if used <= 0.8 * 0.9:
            self.calm = now if self.calm is None else self.calm
            if now - self.calm >= 120:
                self.active = False
                return self.tier, "CLEARED"
        else:
            self.calm = None
        if level > self.peak:
            self.peak, self.tier, self.since, self.taken = level, max(self.tier, level), now, False
            return self.tier, "RAISED"
        if not self.taken and now - self.since >= PATIENCE[self.tier]:
            reason = "REMINDED" if self.tier == 2 else "ESCALATED"
            self.tier, self.since = min(self.tier + 1, 2), now
            return self.tier, reason
        return None


STEPS = st.lists(
    st.tuples(st.integers(1, 700), st.sampled_from([0.5, 0.72, 0.75, 0.8, 0.9, 1.0, 1.1, 1.3]), st.booleans()),
    min_size=5,
    max_size=25,
)


@given(STEPS)
def test_against_a_plain_state_machine(steps):
    machine, now, expected, timed = Machine(), 0, [], []
    for wait, used, taken in steps:
        now += wait
        timed.append((now, used, taken))
        if taken and machine.active:
            machine.taken = True
        found = machine.step(now, used)
        if found:
            expected.append((now, Tier(found[0]), AlertReason[found[1]]))
    assert run(timed)[0] == expected


def test_evidence():
    contribution = jnp.asarray([0.01, 0.035, 0.02, -0.005])
    facts = alert_evidence(jnp.asarray(0.06), jnp.asarray(0.045), contribution, num_drivers=3)
    assert facts.driver.tolist() == [1, 2, 0]
    np.testing.assert_allclose(facts.driver_contribution, [0.035, 0.02, 0.01], rtol=1e-15)
    np.testing.assert_allclose(facts.counterfactual_change, [-0.015 / 0.035, -0.75, np.nan], rtol=1e-12)
    assert alert_evidence(jnp.asarray(0.06), jnp.asarray(0.045), contribution, num_drivers=9).driver.shape == (4,)
    calm = alert_evidence(jnp.asarray(0.04), jnp.asarray(0.045), contribution, num_drivers=1)
    assert float(calm.required_reduction) < 0 and float(calm.counterfactual_change[0]) == 0.0


def test_breach_probability():
    loss, weight = jnp.asarray([1.0, 2.0, 3.0]), jnp.asarray([0.5, 0.3, 0.2])
    assert float(breach_probability(loss, weight, jnp.asarray(2.0))) == pytest.approx(0.2, rel=1e-15)
    assert np.isnan(float(breach_probability(loss.at[0].set(jnp.nan), weight, jnp.asarray(2.0))))


def test_tally():
    tally = tally_alerts(jnp.asarray([1, 1, 1, 1, 0, 0]), jnp.asarray([1, 1, 0, -1, 1, 0]), 7)
    assert (int(tally.true_alerts), int(tally.false_alerts), int(tally.missed), int(tally.suppressed)) == (2, 2, 1, 7)
    assert float(tally.false_discovery_rate()) == 0.5
    assert float(tally.recall()) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("count", "trials"), [(0, 10), (3, 20), (16, 315), (50, 50)])
def test_wilson_interval_is_scipys(count, trials):
    expected = binomtest(count, trials).proportion_ci(0.95, method="wilson")
    got = wilson_interval(jnp.asarray(float(count)), jnp.asarray(float(trials)))
    np.testing.assert_allclose(got, [expected.low, expected.high], rtol=1e-9, atol=1e-15)


def test_alerts_needed_to_claim_eight_percent():
    # With an observed false-discovery rate of 5 % it takes 315 alerts until the upper bound falls to 8 %.
    upper = [float(wilson_interval(jnp.asarray(0.05 * n), jnp.asarray(float(n)))[1]) for n in (310.0, 315.0)]
    assert upper[0] > 0.08 >= upper[1]
