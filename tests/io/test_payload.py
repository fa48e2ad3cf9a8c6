"""The plain dictionary: every form that the contract names, and every refusal."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pact_jax import assess
from pact_jax.errors import ArgumentError, SnapshotError
from pact_jax.io import snapshot_from_dict
from pact_jax.snapshot import TABLES, prepare

PAYLOAD: dict = {
    "positions": [
        {"value": 1e6, "sensitivity": 0.02},
        {"value": -5e5, "sensitivity": 0.03, "risk_factor": "equity", "desk": "hedges", "position_id": "H1"},
        {"value": 2e5, "sensitivity": {"rates": 0.01, "fx": -0.02}},
    ],
    "risk_factors": ["equity", "rates", "fx"],
    "correlation_matrix": [[1.0, 0.3, 0.1], [0.3, 1.0, 0.0], [0.1, 0.0, 1.0]],
    "credit_exposures": [
        {"counterparty": "ACME", "current_exposure": 2e5, "rating": "BBB", "credit_driver": "equity"},
        {"counterparty": "BETA", "current_exposure": 1e5, "pd": 0.02, "lgd": 0.6, "ccf": 0.5, "undrawn": 5e4},
    ],
    "total_capital": 1e6,
}


def refusal(change: Callable[[dict], object]) -> list[str]:
    payload = copy.deepcopy(PAYLOAD)
    change(payload)
    with pytest.raises(SnapshotError) as caught:
        snapshot_from_dict(payload)
    return [str(problem) for problem in caught.value.problems]


def test_the_three_forms_of_a_sensitivity() -> None:
    snapshot = snapshot_from_dict(PAYLOAD | {"horizon_days": 10, "valuation_date": "2024-06-28"})
    assert snapshot.linear is not None
    # By place, by name, and by dictionary.
    assert snapshot.linear.sensitivity.tolist() == [[0.02, 0, 0], [0.03, 0, 0], [0, 0.01, -0.02]]
    assert snapshot.linear.factor_names == ("equity", "rates", "fx") and snapshot.linear.horizon_days == 10
    assert snapshot.linear.correlation.tolist() == PAYLOAD["correlation_matrix"]
    assert snapshot.positions["position_id"].tolist() == ["P1", "H1", "P3"]
    assert snapshot.positions["kind"].unique().tolist() == ["linear"]
    assert snapshot.positions["value"].tolist() == [1e6, -5e5, 2e5]
    assert snapshot.positions["desk"].tolist() == ["trading", "hedges", "trading"]
    assert set(TABLES["positions"].column_names) <= set(snapshot.positions.columns)
    assert snapshot.capital == 1e6 and str(snapshot.valuation_date) == "2024-06-28"
    exposures = snapshot.credit_exposures
    assert exposures["ccf"].tolist() == [1.0, 0.5] and exposures["credit_driver"].tolist() == ["equity", ""]
    assert np.isnan(exposures["undrawn"].iloc[0]) and np.isnan(exposures["pd"].iloc[0])


def test_exposures_alone_and_positions_alone() -> None:
    exposures = snapshot_from_dict({"credit_exposures": PAYLOAD["credit_exposures"][1:], "total_capital": 5.0})
    assert len(exposures.positions) == 0 and exposures.linear is not None
    positions = snapshot_from_dict({k: v for k, v in PAYLOAD.items() if k != "credit_exposures"})
    assert len(positions.credit_exposures) == 0


def test_a_book_of_exposures_has_positions_that_nobody_holds() -> None:
    prepared = prepare(snapshot_from_dict({k: v for k, v in PAYLOAD.items() if k != "positions"}), horizon_days=10)
    (group,) = prepared.inputs.portfolio.groups
    assert len(group.quantity) > 0 and not group.mask.any() and not group.quantity.any()
    assert set(prepared.labels.position_id) == {""} and (prepared.row == -1).all()
    assert prepared.labels.exposures == ("ACME", "BETA")
    # Neither is scaled by a position.
    assert (np.asarray(prepared.inputs.credit.position) == -1).all()


def test_a_book_without_a_factor_is_refused() -> None:
    exposures = snapshot_from_dict({"credit_exposures": PAYLOAD["credit_exposures"][1:], "total_capital": 5.0})
    with pytest.raises(ArgumentError, match=r"(?s)no risk factor.*name at least one"):
        assess(exposures)


def test_one_factor_needs_no_matrix() -> None:
    payload = {"positions": [{"value": 1.0, "sensitivity": 2}], "risk_factors": ["x"], "total_capital": 1.0}
    snapshot = snapshot_from_dict(payload)
    assert snapshot.linear is not None and snapshot.linear.correlation.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: p.update(total_capital=0), "payload, column 'total_capital': 0: must be > 0"),
        (lambda p: p.pop("total_capital"), "column 'total_capital': (empty): is empty and must be filled"),
        (lambda p: p.update(total_capitol=5), "column 'total_capitol': is no known key"),
        (lambda p: p.pop("risk_factors"), "column 'risk_factors': is missing"),
        (lambda p: p.update(risk_factors=["a", "a", "b"]), "column 'risk_factors': a: is there twice"),
        (lambda p: p.update(risk_factors="equity"), "is not a list of names"),
        (lambda p: p.pop("correlation_matrix"), "column 'correlation_matrix': is missing"),
        (lambda p: p.update(correlation_matrix=[[1, 0], [0, 1]]), "2 x 2: must be 3 x 3"),
        (lambda p: p["correlation_matrix"].__setitem__(0, [1, 0.9, 0.1]), "(equity, rates) = 0.9: differs from its"),
        (lambda p: p["correlation_matrix"][1].__setitem__(1, 2), "(rates, rates) = 2: must be 1"),
        (lambda p: p.update(correlation_matrix=[[1, float("nan"), 0]] * 3), "(equity, rates) = nan: is not finite"),
        (lambda p: p.update(correlation_matrix="no"), "not a matrix of numbers: must be 3 x 3"),
        (lambda p: p.update(positions={}), "column 'positions': is not a list"),
        (lambda p: p.update(positions=[], credit_exposures=[]), "the book is empty: no position and no exposure"),
        (lambda p: p["positions"].append(7), 'payload["positions"], row [3]: is not a dictionary but int'),
        (lambda p: p["positions"][0].pop("value"), "row [0], column 'value': (empty): is empty and must be filled"),
        (lambda p: p["positions"][0].update(value=float("nan")), "row [0], column 'value': NaN: is empty"),
        (lambda p: p["positions"][0].update(value=float("inf")), "row [0], column 'value': inf: is not a finite"),
        (lambda p: p["positions"][0].update(value=True), "row [0], column 'value': True: is not a number"),
        (lambda p: p["positions"][0].update(sensitivity="0.1"), "column 'sensitivity': '0.1': is not a finite number"),
        (lambda p: p["positions"][0].update(sensitivity=None), "column 'sensitivity': None: is not a finite number"),
        (lambda p: p["positions"][0].update(sensitivity=float("nan")), "column 'sensitivity': nan: is not a finite"),
        (lambda p: p["positions"][1].update(risk_factor="equty"), "equty: is not in risk_factors (mend: did you mean"),
        (lambda p: p["positions"][2].update(sensitivity={"gold": 1}), "gold: is not in risk_factors"),
        (
            lambda p: p["positions"].pop(),
            "row [0], column 'risk_factor': names no risk_factor, and there are not as many",
        ),
        (lambda p: p["positions"][0].update(position_id="H1"), "H1: is there twice"),
        (lambda p: p["positions"][0].update(sensitivty=1), "'sensitivty': is no known key"),
        (lambda p: p["credit_exposures"][0].pop("rating"), "row [0], column 'pd': ACME: has neither pd nor rating"),
        (lambda p: p["credit_exposures"][0].update(rating="XYZ"), "XYZ: is not a known rating"),
        (lambda p: p["credit_exposures"][1].update(pd=1.5), "row [1], column 'pd': 1.5: must be >= 0 and <= 1"),
        (lambda p: p["credit_exposures"][1].update(current_exposure=-1), "-1: must be >= 0"),
        (lambda p: p["credit_exposures"][1].update(counterparty="ACME"), "ACME: is there twice"),
        (lambda p: p["credit_exposures"][1].update(credit_driver="oil"), "oil"),
        (
            lambda p: p["credit_exposures"][1].update(exposure=1),
            "column 'exposure': credit_exposures has no such column",
        ),
        (lambda p: p.update(horizon_days=0), "column 'horizon_days': 0: must be a whole number >= 1"),
        (lambda p: p.update(horizon_days=2.5), "2.5: must be a whole number >= 1"),
        (lambda p: p.update(horizon_days=float("nan")), "nan: must be a whole number >= 1"),
        (lambda p: p.update(limits=[{"limit_id": "L1", "measure": "score"}]), "column 'limit': the column is missing"),
    ],
)
def test_refusals(change: Callable[[dict], object], expected: str) -> None:
    messages = refusal(change)
    assert any(expected in message for message in messages), messages
    assert all("mend: " in message for message in messages), messages


def test_a_correlation_that_is_not_semi_definite_names_its_smallest_eigenvalue() -> None:
    # Eigenvalues of the matrix with 1 on the diagonal and off-diagonals 0.9, 0.9, -0.9: 1.9, 1.9 and -0.8.
    matrix = [[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]]
    (message,) = refusal(lambda p: p.update(correlation_matrix=matrix))
    assert "smallest eigenvalue is -0.8" in message


def test_problems_of_the_matrix_and_of_the_rows_come_in_one_error() -> None:
    def spoil(p: dict) -> None:
        p["correlation_matrix"][0][1] = 0.9
        p["positions"][1]["value"] = "x"
        p["total_capital"] = -1

    assert len(refusal(spoil)) == 3


def test_not_a_dictionary() -> None:
    with pytest.raises(SnapshotError, match="list: is not a dictionary"):
        snapshot_from_dict([])  # type: ignore[arg-type]


def test_singular_correlation_is_accepted() -> None:
    ones = [[1.0] * 3] * 3
    snapshot = snapshot_from_dict(PAYLOAD | {"correlation_matrix": ones})
    assert snapshot.linear is not None and snapshot.linear.correlation.tolist() == ones


def test_report_keeps_positions_and_sensitivities_together() -> None:
    payload = copy.deepcopy(PAYLOAD)
    payload["positions"][1]["sensitivity"] = None
    payload["credit_exposures"][0]["rating"] = ""
    snapshot = snapshot_from_dict(payload, on_reject="report")
    assert snapshot.linear is not None
    assert snapshot.positions["position_id"].tolist() == ["P1", "P3"]
    assert snapshot.linear.sensitivity.tolist() == [[0.02, 0, 0], [0, 0.01, -0.02]]
    assert [(row.table, row.key) for row in snapshot.rejected] == [("positions", "H1"), ("credit_exposures", "ACME")]
    assert snapshot.rejected[0].market_value == -5e5 and snapshot.rejected[1].notional == 2e5


@given(
    numbers=st.lists(
        st.one_of(st.none(), st.booleans(), st.just("x"), st.floats(allow_nan=True, width=32)), min_size=1, max_size=6
    )
)
def test_every_row_is_used_or_rejected(numbers: list[object]) -> None:
    payload = {
        "positions": [{"value": 1.0, "sensitivity": {"x": number}} for number in numbers],
        "risk_factors": ["x"],
        "credit_exposures": PAYLOAD["credit_exposures"][1:],
        "total_capital": 1.0,
    }
    snapshot = snapshot_from_dict(payload, on_reject="report")
    assert snapshot.linear is not None
    good = [n for n in numbers if isinstance(n, float) and np.isfinite(n)]
    assert snapshot.linear.sensitivity[:, 0].tolist() == good
    assert len(snapshot.positions) + len(snapshot.rejected) == len(numbers) == snapshot.rows_in["positions"]
