"""Programs: compiled once a shape, side by side, and the same answers from the store as without it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pact_jax import _program
from pact_jax._cache import _Folder
from pact_jax._program import keep_programs, program, rehearse, unkept_programs
from pact_jax._program_store import Form, NotKept, read_program, write_program
from pact_jax.instruments import Portfolio, Stock, position_group
from pact_jax.market import example_market
from pact_jax.revaluation import PortfolioBase, map_cores, value_base
from pact_jax.revaluation.ladder._nodes import Range


class Memory:
    """A store that counts."""

    def __init__(self):
        self.kept, self.loaded = {}, 0

    def load(self, name):
        self.loaded += name in self.kept
        return self.kept.get(name)

    def save(self, name, content):
        self.kept[name] = content


@pytest.fixture
def store():
    memory = Memory()
    keep_programs(memory)
    yield memory
    keep_programs(None)


def counted(**options):
    """A program that notes every tracing."""
    traces = []

    def scale(x, factor, *, power=1):
        traces.append(x.shape)
        return {"scaled": x**power * factor, "sum": jnp.sum(x)}

    return program(**options)(scale) if options else program(scale), traces


def stocks():
    zero = jnp.zeros(1, int)
    group = position_group(Stock(zero, zero), jnp.full(1, 10.0))
    return Portfolio((group,), num_desks=1, num_buckets=0)


def test_one_tracing_a_shape_whatever_the_values():
    scale, traces = counted()
    for value in (1.0, 2.0):
        assert float(scale(jnp.full(3, value), 2.0)["sum"]) == 3 * value
    assert scale(np.ones(3), factor=np.float64(3.0))["scaled"].tolist() == [3.0, 3.0, 3.0]
    assert len(traces) == 2  # a Python number is weakly typed: a version of its own, as under `jax.jit`
    scale(jnp.ones(4), 2.0)
    assert traces[2:] == [(4,)]
    assert scale._cache_size() == 3
    scale.clear_cache()
    assert scale._cache_size() == 0


def test_static_arguments_are_compiled_for():
    scale, traces = counted(static_argnames=("power",))
    assert float(scale(jnp.asarray([3.0]), 1.0, power=2)["sum"]) == 3.0
    assert float(scale(jnp.asarray([3.0]), 1.0, power=2)["scaled"][0]) == 9.0
    assert float(scale(jnp.asarray([3.0]), 1.0, power=3)["scaled"][0]) == 27.0
    assert len(traces) == 2


def test_transformations_pass_through():
    scale, _ = counted()
    x = jnp.asarray([1.0, 2.0])
    assert jax.grad(lambda x: jnp.sum(scale(x, 3.0)["scaled"]))(x).tolist() == [3.0, 3.0]
    assert jax.vmap(lambda k: scale(x, k)["scaled"])(x).tolist() == [[1.0, 2.0], [2.0, 4.0]]
    assert jax.jit(lambda x: scale(x, 3.0)["sum"])(x) == 3.0
    with jax.disable_jit():
        assert float(scale(x, 3.0)["sum"]) == 3.0


def test_an_error_while_tracing_is_raised_every_time_and_to_the_caller():
    @program
    def refuse(x):
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            refuse(jnp.ones(2))
    assert refuse._cache_size() == 0


def test_an_option_that_the_compiler_does_not_know_is_left_out(monkeypatch):
    monkeypatch.setattr(_program, "_CPU_OPTIONS", {"xla_cpu_of_yesterday": True})
    scale, _ = counted()
    assert float(scale(jnp.ones(2), 3.0)["sum"]) == 2.0


def test_a_rehearsal_computes_nothing_and_compiles_everything():
    scale, traces = counted()
    seen = []

    def story(x):
        seen.append(scale(scale(x, jnp.asarray(2.0))["scaled"], jnp.asarray(1.0)))

    rehearse(story, jnp.ones(3))
    assert seen[0]["scaled"] == jax.ShapeDtypeStruct((3,), jnp.float64)
    assert len(traces) == 1
    # Once is enough.
    rehearse(story, jnp.zeros(3))
    assert len(seen) == 1
    assert float(scale(jnp.ones(3), jnp.asarray(2.0))["sum"]) == 3.0
    assert len(traces) == 1


def test_a_rehearsal_is_left_out_where_nothing_is_compiled_ahead():
    scale, traces = counted()
    with jax.disable_jit():
        rehearse(scale, jnp.ones(3), jnp.asarray(2.0))
    with jax.debug_nans(True):
        rehearse(scale, jnp.ones(3), jnp.asarray(2.0))
        assert float(scale(jnp.ones(3), jnp.asarray(2.0))["sum"]) == 3.0
    assert len(traces) == 1


def test_a_rehearsal_goes_through_the_cores():
    scale, traces = counted()

    def story(x):
        return map_cores(lambda part: scale(part, np.float64(2.0))["scaled"], x, tile=2, cores=2)

    rehearse(story, jnp.ones((17, 3)))
    assert traces == [(10, 3)]  # 9 tiles, 5 a core
    assert story(jnp.ones((17, 3))).tolist() == [[2.0] * 3] * 17
    assert traces == [(10, 3)]


def test_the_store_gives_the_same_bits_without_tracing(store):
    portfolio, market = stocks(), example_market()
    value_base.clear_cache()
    first = value_base(portfolio, market)
    assert len(store.kept) == 1 and store.loaded == 0
    value_base.clear_cache()
    second = value_base(portfolio, market)
    assert store.loaded == 1 and isinstance(second, PortfolioBase)
    assert jax.tree.structure(first) == jax.tree.structure(second)
    for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        assert a.dtype == b.dtype and np.array_equal(a, b)
    # Another precision is another program.
    value_base.clear_cache()
    with jax.enable_x64(False):
        value_base(stocks(), example_market())
    assert len(store.kept) == 2 and store.loaded == 1
    value_base.clear_cache()


def test_classes_of_others_are_not_kept(store):
    class Own(Stock):
        """A subclass made in a notebook: its sources are not in the name of a program."""

    zero = jnp.zeros(1, int)
    group = position_group(Own(zero, zero), jnp.full(1, 10.0))
    value_base(Portfolio((group,), num_desks=1, num_buckets=0), example_market())
    assert not store.kept
    assert "not of this package" in unkept_programs()["pact_jax.revaluation._portfolio_base.value_base"]
    value_base.clear_cache()


def test_a_result_that_no_text_describes_is_not_kept():
    exported = jax.export.export(jax.jit(lambda x: x))(jax.ShapeDtypeStruct((), jnp.float64))
    with pytest.raises(NotKept):
        write_program(Form(jax.tree.structure({"a": 1}), (jax.ShapeDtypeStruct((), jnp.float64),)), exported)
    with pytest.raises(ValueError):
        read_program(b"nothing of ours")


def test_what_cannot_be_exported_is_compiled_all_the_same(store):
    @program
    def tell(x):
        jax.debug.callback(lambda _: None, x)
        return 2.0 * x

    assert float(tell(jnp.asarray(3.0))) == 6.0
    assert not store.kept
    (reason,) = (why for name, why in unkept_programs().items() if name.endswith("tell"))
    assert "callback" in reason


def test_a_named_tuple_is_kept(store):
    @program
    def bound(x):
        return Range(x - 1.0, x + 1.0)

    first = bound(jnp.ones(2))
    bound.clear_cache()
    second = bound(jnp.ones(2))
    assert store.loaded == 1 and isinstance(second, Range)
    np.testing.assert_array_equal(first.half, second.half)
    assert not any(name.endswith("bound") for name in unkept_programs())


def test_the_folder_drops_what_is_torn_or_of_other_sources(tmp_path, monkeypatch):
    folder = _Folder(tmp_path / "traced")
    folder.save("a", b"content")
    assert folder.load("a") == b"content" and folder.load("b") is None
    monkeypatch.setenv("XLA_FLAGS", "--other")
    assert _Folder(tmp_path / "traced").load("a") is None
    [file] = (tmp_path / "traced").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert folder.load("a") is None
    # Where nothing can be written, nothing is kept, and nothing is raised.
    (tmp_path / "file").write_text("")
    _Folder(tmp_path / "file").save("a", b"content")
