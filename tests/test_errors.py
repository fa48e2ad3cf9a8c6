"""What an error prints is part of the interface: what, where, how to mend; and it survives a process boundary."""

import copy

import pytest

from pact_jax import errors
from pact_jax._extras import EXTRAS, extra
from pact_jax.errors import MissingExtra, PactError, RowProblem, SnapshotError, UnknownName


def _problem(row: int) -> RowProblem:
    return RowProblem("positions.csv", row, "spot", "NaN", "a price is a finite number", "fill it")


@pytest.mark.parametrize("count", [1, 50, 51, 120])
def test_every_row_is_listed_up_to_fifty(count):
    text = str(SnapshotError(_problem(row) for row in range(2, count + 2)))
    assert text.count("positions.csv, row") == min(count, 50)
    assert text.startswith(f"{count} problem")
    assert (f"and {count - 50} more" in text) == (count > 50)


def test_all_problems_stay_reachable():
    assert len(SnapshotError(_problem(row) for row in range(120)).problems) == 120


@pytest.mark.parametrize(
    "error",
    [
        PactError("bad", "here", "mend it"),
        SnapshotError([_problem(2)]),
        UnknownName("a", ["b", "c"], kind="curve"),
        MissingExtra("io", "pyarrow", "read_snapshot"),
    ],
)
def test_error_is_rebuilt_from_its_arguments(error):
    # copy uses the same reduction that carries an exception out of a worker process.
    assert str(copy.copy(error)) == str(error)
    assert vars(copy.copy(error)) == vars(error)


def test_every_error_is_a_pact_error():
    classes = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, Exception)]
    assert len(classes) > 10
    assert all(issubclass(item, PactError) for item in classes)


def test_missing_extra_names_the_pip_line():
    with pytest.raises(MissingExtra, match=r'plot_loss: matplotlib.*\n  mend: pip install "pact-jax\[plot\]"'):
        with extra("plot", where="plot_loss"):
            raise ModuleNotFoundError(name="matplotlib.pyplot")


def test_other_import_errors_pass_through():
    with pytest.raises(ModuleNotFoundError, match="unrelated") as caught:
        with extra("plot"):
            raise ModuleNotFoundError("unrelated", name="unrelated")
    assert not isinstance(caught.value, MissingExtra)


def test_extras_are_those_of_the_build():
    import tomllib
    from pathlib import Path

    build = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    declared = build["project"]["optional-dependencies"].keys() - {"all", "test", "bench", "cuda12", "cuda13"}
    assert declared == EXTRAS.keys()
