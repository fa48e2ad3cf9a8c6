"""Breaker: open after three failures in ten calls, one probe after a second, on a clock that is only a number."""

from hypothesis import given
from hypothesis import strategies as st

from pact_jax.orchestration import Breaker, BreakerRule, BreakerState


def play(breaker: Breaker, calls: str, now: float = 0.0) -> str:
    """Plays calls, `x` fails and `.` succeeds; returns which were let through."""
    passed = ""
    for call in calls:
        if breaker.allows(now):
            breaker.record(call == ".", now)
            passed += call
        else:
            passed += "-"
    return passed


def test_opens_at_the_third_failure_in_ten():
    assert play(Breaker(), "x..x..x..") == "x..x..x--"
    assert play(Breaker(), "xx........xx.") == "xx........xx."  # the first two have left the window
    assert play(Breaker(), "xx.......x.") == "xx.......x-"


def test_one_probe_after_a_second():
    breaker = Breaker()
    play(breaker, "xxx", now=5.0)
    assert not breaker.allows(5.999)
    assert breaker.allows(6.0) and breaker.state is BreakerState.HALF_OPEN
    assert not breaker.allows(6.0)  # the probe is on its way
    assert breaker.record(False, 6.1) is not None and breaker.state is BreakerState.OPEN
    assert not breaker.allows(7.0) and breaker.allows(7.1)
    assert breaker.record(True, 7.2) is not None and breaker.state is BreakerState.CLOSED
    assert play(breaker, "xx.") == "xx."  # earlier failures are forgotten


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 0.7)), max_size=80), st.integers(1, 3))
def test_between_two_openings_lies_a_cooldown_without_calls(calls, failures):
    breaker, now, opened = Breaker(BreakerRule(failures, 5, cooldown=1.0)), 0.0, []
    for succeeded, wait in calls:
        now += wait
        if breaker.allows(now):
            assert not opened or now - opened[-1] >= 1.0
            change = breaker.record(succeeded, now)
            if change is not None and change.after is BreakerState.OPEN:
                opened.append(now)
            elif change is not None:
                opened.clear()  # the probe succeeded: calls pass again
