"""Wrong rows of swaps, options on rates and credit default swaps are refused in words."""

import pytest

from .test_make import cell, refusal
from .test_rate_kinds import book


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        (
            3,
            "fixing",
            "",
            "S2: is in a floating period that began before the valuation date, at a rate that is not given",
        ),
        (6, "fixing", "0.02", "0.0195: is there beside a fixing"),
        (6, "start", "2022-12-28", "0.0195: has compounded in no period: none has begun"),
        (2, "frequency", "3", "3: must be 1, 2 or 4"),
        (2, "float_frequency", "5", "5: must be 1, 2, 4 or 12"),
        (2, "forward_curve", "SONIA", "SONIA: is not in table curves"),
        (2, "coupon", "", "S1: a swap needs coupon (mend: fill coupon)"),
        (4, "start", "2031-01-01", "2031-01-01: is not before maturity"),
        (8, "surface", "ACME", "ACME: is no surface of rates"),
        (8, "surface", "", "C1: a cap_floor needs surface"),
        (8, "option_type", "call", "call: is no side of a cap_floor (mend: use one of: cap, floor)"),
        (8, "strike", "-0.01", "-0.01: must be > 0"),
        (11, "expiry", "2022-12-28", "2022-12-28: has expired"),
        (11, "start", "2023-03-28", "2023-03-28: is before expiry"),
        (13, "maturity", "2027-12-21", "2027-12-21: is no standard date"),
        (13, "issuer", "BANK", "BANK: issues a marked bond and has no hazard rates"),
        (13, "fixing", "0.01", "0.01: is not read by this kind: fixing belongs to swap, cap_floor"),
    ],
)
def test_a_wrong_row_is_refused(row: int, column: str, value: str, expected: str) -> None:
    def spoil(t: dict, s: dict) -> None:
        given = book()
        t.clear()
        t.update(given)
        cell("positions", row, column, value)(t, s)

    messages = refusal(spoil)
    assert any(expected in message for message in messages), messages


def test_a_cds_has_no_counterparty() -> None:
    def spoil(t: dict, s: dict) -> None:
        t.clear()
        t.update(book())
        t["positions"] = t["positions"].assign(counterparty=["BANK" if k == 13 else "" for k in t["positions"].index])

    assert any("a cds is booked to the default of its reference entity alone" in message for message in refusal(spoil))
