"""Columns as codes, and identical rows found by them: the same as sorting and comparing the values themselves."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pact_jax.snapshot._distinct import distinct_rows
from pact_jax.snapshot._flows import merged_flows
from pact_jax.snapshot._rows import sorted_by, words_of

NAMES = ["", "ACME", "acme", "É", "ß"]
NUMBERS = [0.0, -0.0, 1.5, -2.0, np.nan]
DAYS = ["2024-01-31", "1999-12-31", "NaT"]
CELLS = st.tuples(st.sampled_from(NAMES), st.sampled_from(NUMBERS), st.sampled_from(DAYS), st.integers(-3, 3))


@settings(deadline=None, max_examples=50)
@given(st.lists(CELLS, min_size=1, max_size=40))
def test_distinct_rows_are_the_groups_of_pandas(cells: list[tuple[str, float, str, int]]) -> None:
    names, numbers, days, whole = zip(*cells, strict=True)
    columns = [
        words_of(np.array(names, dtype=object)).code,
        np.array(numbers),
        np.array(days, dtype="datetime64[ns]"),
        np.array(whole),
    ]
    place, code = distinct_rows(columns)
    frame = pd.DataFrame({"name": np.array(names, object), "number": columns[1], "day": columns[2], "whole": whole})
    grouped = frame.groupby(list(frame), sort=True, dropna=False)
    assert code.tolist() == grouped.ngroup().tolist()
    # The first of each group stands for it.
    assert place.tolist() == [int(np.flatnonzero(code == k)[0]) for k in range(len(place))]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=40))
def test_keys_that_fit_a_table_are_numbered_as_others_are(pairs: list[tuple[int, int]]) -> None:
    columns = list(np.array(pairs).T)
    rows, place, code = np.unique(np.array(pairs), axis=0, return_index=True, return_inverse=True)
    found_place, found_code = distinct_rows(columns)
    np.testing.assert_array_equal(found_place, place)
    np.testing.assert_array_equal(found_code, code.reshape(-1))
    np.testing.assert_array_equal(np.stack(columns, axis=1)[found_place], rows)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([1.5, -0.0, 0.1])), max_size=40))
def test_flows_that_meet_are_added_up_in_order(flows: list[tuple[int, int, float]]) -> None:
    contract, point, amount = (np.array([flow[k] for flow in flows], t) for k, t in enumerate((int, int, float)))
    total: dict[tuple[int, int], float] = {}
    for one, at, paid in flows:
        total[one, at] = total.get((one, at), 0.0) + paid
    merged, count = merged_flows(point, contract, amount), len(total)
    columns = (np.asarray(column)[:count].tolist() for column in (merged.contract, merged.point, merged.amount))
    assert list(zip(*columns, strict=True)) == [(*key, total[key]) for key in sorted(total)]
    assert not np.asarray(merged.amount)[count:].any()


def test_many_wide_columns_do_not_overflow() -> None:
    wide = np.array([0, 2**40, 2**61, 0, 2**61])
    place, code = distinct_rows([wide, wide[::-1], wide])
    rows = sorted({(int(a), int(b)) for a, b in zip(wide, wide[::-1], strict=True)})
    assert [(int(wide[k]), int(wide[::-1][k])) for k in place] == rows
    assert [rows[k] for k in code] == list(zip(wide.tolist(), wide[::-1].tolist(), strict=True))


def test_words_are_looked_up_once_a_word() -> None:
    words = words_of(np.array(["put", "", "call", "put"], dtype=object))
    assert words.names.tolist() == ["", "call", "put"] and words.code.tolist() == [2, 0, 1, 2]
    assert words.index_in({"call": 7}, missing=-1).tolist() == [-1, -1, 7, -1]
    np.testing.assert_array_equal(words.value_in({"put": 0.5}), [0.5, np.nan, np.nan, 0.5])
    assert words.among("call", "cap").tolist() == [False, False, True, False]
    assert words.or_else("put").among("put").tolist() == [True, True, False, True]
    assert words.take(np.array([2, 2])).among("call").all()


def test_a_sorted_table_keeps_rows_together() -> None:
    frame = pd.DataFrame(
        {"key": ["P10", "P1", "P2"], "size": [1.0, np.nan, 3.0], "day": pd.to_datetime(["2024-01-01", None, None])},
        index=[5, 6, 7],
    ).astype({"key": object})
    table = sorted_by(frame, "key")
    rows = table.replace("size", table.array("size") * 2.0).rows(np.array([0, 1]), ["key", "size", "day"])
    assert len(rows) == 2 and rows.words("key").among("P10").tolist() == [False, True]
    assert rows.numbers("size", empty=-1.0).tolist() == [-1.0, 2.0]
    today = np.datetime64("2024-06-01")
    assert rows.dates("day", empty=today).tolist() == np.array([today, "2024-01-01"], rows.dates("day").dtype).tolist()
    assert rows.replace("size", np.zeros(2)).take(np.array([1])).numbers("size").tolist() == [0.0]
    assert table.array("size")[2] == 3.0
