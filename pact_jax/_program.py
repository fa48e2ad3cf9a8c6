"""The stages of an assessment as programs: compiled ahead of time, side by side, and kept between processes."""

import contextlib
import functools
import inspect
import os
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar, overload

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.sharding import Mesh
from jaxtyping import PyTree

from ._program_store import Form, ProgramStore, is_ours, read_program, write_program

Out = TypeVar("Out")

_CPU_OPTIONS: dict[str, bool | int] = {"xla_cpu_use_fusion_emitters": False, "xla_cpu_prefer_vector_width": 512}
"""XLA's older loop emitters (the same score and run time as the newer ones in less compile time) and the widest vectors
that the processor has: XLA stays at half of them unasked (decision 6)."""

_SMALL_OPTIONS: dict[str, bool | int] = {**_CPU_OPTIONS, "xla_backend_optimization_level": 0}
"""For programs with next to nothing to compute."""

_Shape: TypeAlias = tuple[tuple[int, ...], np.dtype, bool]
"""Shape, dtype and whether the type is weak."""

_programs: list["Program"] = []
_rehearsed: set[Hashable] = set()
_unkept: dict[str, str] = {}
_store: ProgramStore | None = None


class Program(Generic[Out]):
    """A jitted function that is compiled ahead of time, once for each set of shapes.

    Values in, values out: as `jax.jit`. Shapes in (`jax.ShapeDtypeStruct`), shapes out: it is made ready without being
    run, in the background of `rehearse`. Under a transformation, on another device than the default one, or with
    `jax_disable_jit` or `jax_debug_nans`, it is `jax.jit` and nothing else.
    """

    def __init__(self, function: Callable[..., Out], static_argnames: tuple[str, ...], small: bool):
        self._function = function
        self._options = _SMALL_OPTIONS if small else _CPU_OPTIONS
        self._jitted: Any = jax.jit(function, static_argnames=static_argnames)
        self._name = f"{function.__module__}.{function.__qualname__}"
        self._static = frozenset(static_argnames)
        self._signature = inspect.signature(function)
        self._entries: dict[Hashable, Future[_Entry]] = {}
        functools.update_wrapper(self, function)
        _programs.append(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Out:
        """Runs the compiled function, after compiling it if these shapes are new."""
        if _is_unusual_mode():
            return self._jitted(*args, **kwargs)
        bound = self._signature.bind(*args, **kwargs).arguments
        statics = {name: value for name, value in bound.items() if name in self._static}
        given = {name: value for name, value in bound.items() if name not in self._static}
        leaves, structure = jax.tree.flatten(given)
        shapes = None if any(isinstance(value, Mesh) for value in statics.values()) else _shapes(leaves)
        if shapes is None:
            return self._jitted(*args, **kwargs)
        entry = self._entry(statics, structure, shapes)
        if any(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in leaves):
            if (pool := _pool.get()) is not None:
                pool.submit(entry.executable)
            return entry.form.shapes()
        values = [_as_array(leaf, dtype) for leaf, (_, dtype, _) in zip(leaves, shapes, strict=True)]
        return entry.form.unflatten(entry.executable()(*values))

    def clear_cache(self) -> None:
        """Forgets what was compiled."""
        self._entries.clear()
        self._jitted.clear_cache()

    def _cache_size(self) -> int:
        return len(self._entries) + self._jitted._cache_size()

    def _entry(self, statics: dict[str, Any], structure: Any, shapes: tuple[_Shape, ...]) -> "_Entry":
        wide = _is_wide()
        key = (tuple(statics.items()), structure, shapes, wide)
        if (known := self._entries.get(key)) is not None:
            return known.result()
        mine: Future[_Entry] = Future()
        found = self._entries.setdefault(key, mine)
        if found is mine:
            name = f"{self._name} {key}"
            try:
                mine.set_result(_prepare(self._function, statics, structure, shapes, wide, name, self._options))
            except BaseException as error:
                # A refusal is raised anew by every caller, so nothing stays behind.
                self._entries.pop(key, None)
                mine.set_exception(error)
        return found.result()


@overload
def program(function: Callable[..., Out]) -> Program[Out]: ...


@overload
def program(
    *, static_argnames: tuple[str, ...] = ..., small: bool = ...
) -> Callable[[Callable[..., Out]], Program[Out]]: ...


def program(function: Any = None, *, static_argnames: tuple[str, ...] = (), small: bool = False) -> Any:
    """`jax.jit` for a stage of an assessment; see `Program`.

    Args:
        function: pure function of pytrees.
        static_argnames: hashable arguments that it is compiled for.
        small: it computes a handful of numbers whatever the book, so it is compiled without optimisation.

    Returns:
        The program.

    Example:
        >>> double = program(lambda x: 2.0 * x)
        >>> float(double(jnp.asarray(3.0)))
        6.0
    """
    if function is None:
        return functools.partial(program, static_argnames=static_argnames, small=small)
    return Program(function, static_argnames, small)


def rehearse(story: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Calls a function with the shapes of its arguments only, so that the programs in it compile side by side.

    Nothing is computed. The call returns once everything is traced; the compiling goes on in the background, and the
    first real call of a program waits for it, or compiles it itself if nobody has begun. Where programs are not
    compiled ahead of time (see `Program`) it does nothing.

    Args:
        story: calls programs and does no arithmetic of its own on what they return.
        args: its arguments; arrays or shapes.
        kwargs: its keyword arguments; the same.

    Example:
        >>> double = program(lambda x: 2.0 * x)
        >>> rehearse(double, jnp.zeros(3))
        >>> double._cache_size()
        1
    """
    leaves, structure = jax.tree.flatten((args, kwargs))
    if _is_unusual_mode():
        return
    shapes = _shapes([leaf for leaf in leaves if hasattr(leaf, "shape")])
    if shapes is None:
        return
    remaining = iter(shapes)
    known = [next(remaining) if hasattr(leaf, "shape") else leaf for leaf in leaves]
    key = (story, structure, tuple(known), _is_wide())
    if key in _rehearsed:
        return
    _rehearsed.add(key)
    structs = [_struct(each) if isinstance(each, tuple) else each for each in known]
    given, named = jax.tree.unflatten(structure, structs)
    pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="compile")
    token = _pool.set(pool)
    try:
        story(*given, **named)
    finally:
        _pool.reset(token)
        pool.shutdown(wait=False)


def keep_programs(store: ProgramStore | None) -> None:
    """From now on, traced programs are kept between processes in a store; None to stop."""
    global _store
    _store = store


def forget_programs() -> None:
    """Gives back the memory of all compiled programs."""
    _rehearsed.clear()
    for each in _programs:
        each.clear_cache()


@dataclass
class _Entry:
    """One compiled version of a program."""

    form: Form
    to_compile: list[Callable[[], Any]]
    wide: bool
    options: dict[str, bool | int]
    compiled: Future[Callable[..., Sequence[jax.Array]]] = field(default_factory=Future)

    def executable(self) -> Callable[..., Sequence[jax.Array]]:
        """Compiled by whoever takes the one item of the list, which is atomic; others wait."""
        with contextlib.suppress(IndexError):
            lower = self.to_compile.pop()
            try:
                with jax.enable_x64(self.wide):
                    self.compiled.set_result(_compile(lower(), self.options))
            except BaseException as error:
                self.compiled.set_exception(error)
        return self.compiled.result()


def _compile(lowered: Any, options: dict[str, bool | int]) -> Any:
    if jax.default_backend() != "cpu":
        return lowered.compile()
    try:
        return lowered.compile(compiler_options=options)
    except jax.errors.JaxRuntimeError as error:
        # The options only save time; a compiler that knows one no longer goes without.
        if "No such compile option" not in str(error):
            raise
        return lowered.compile()


_pool: ContextVar[ThreadPoolExecutor | None] = ContextVar("_pool", default=None)
"""Where a rehearsal compiles."""


def _prepare(
    function: Callable[..., PyTree],
    statics: dict[str, Any],
    structure: Any,
    shapes: tuple[_Shape, ...],
    wide: bool,
    name: str,
    options: dict[str, bool | int],
) -> _Entry:
    """Traces a function of leaves, or takes what was traced from the store."""
    structs = [_struct(shape) for shape in shapes]
    full_name = f"{function.__module__}.{function.__qualname__}"
    store = _store if _store is not None and is_ours(structure) else None
    if store is not _store:
        _unkept[full_name] = "its arguments hold a class that is not of this package"
    kept = store.load(name) if store is not None else None
    if kept is not None:
        form, exported = read_program(kept)
        return _Entry(form, [jax.jit(exported.call).trace(*structs).lower], wide, options)
    structures: list[Any] = []

    def flat(*leaves: jax.Array) -> list[jax.Array]:
        result = function(**jax.tree.unflatten(structure, leaves), **statics)
        structures.append(jax.tree.structure(result))
        found = [jnp.asarray(leaf) for leaf in jax.tree.leaves(result)]
        # What is kept as bytes has no weak types.
        return found if store is None else [leaf.astype(leaf.dtype) for leaf in found]

    flat.__name__ = flat.__qualname__ = getattr(function, "__name__", "program")
    jitted = jax.jit(flat, keep_unused=True)
    traced = jitted.trace(*structs)
    form = Form(structures[-1], tuple(traced.out_info))
    if store is not None:
        try:
            exported = jax.export.export(jitted)(*structs)
            content = write_program(form, exported)
        except (ValueError, NotImplementedError) as error:
            # JAX refuses to export calls whose meaning it does not promise to keep, and `write_program` classes of
            # others. Nothing is lost but time, and `unkept_programs` says so.
            _unkept[full_name] = str(error)
        else:
            store.save(name, content)
            return _Entry(form, [jax.jit(exported.call).trace(*structs).lower], wide, options)
    return _Entry(form, [traced.lower], wide, options)


def unkept_programs() -> dict[str, str]:
    """Programs of this process that are traced anew in the next one although programs are kept, and why.

    Example:
        >>> unkept_programs()  # doctest: +SKIP
        {}
    """
    return dict(_unkept)


def _is_wide() -> bool:
    config: Any = jax.config
    return bool(config.jax_enable_x64)


def _is_unusual_mode() -> bool:
    config: Any = jax.config
    return bool(config.jax_disable_jit or config.jax_debug_nans or config.jax_default_device is not None)


def _shapes(leaves: list[Any]) -> tuple[_Shape, ...] | None:
    """Shapes of values and shapes; None where a program compiled ahead of time for the first device takes none."""
    here, found = {jax.devices()[0]}, []
    for leaf in leaves:
        known = leaf
        if isinstance(leaf, jax.Array):
            if isinstance(leaf, Tracer) or leaf.sharding.device_set != here:
                return None
            known = leaf.aval
        elif not isinstance(leaf, jax.ShapeDtypeStruct):
            known = jax.typeof(leaf)
        found.append((known.shape, known.dtype, known.weak_type))
    return tuple(found)


def _struct(shape: _Shape) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape[0], shape[1], weak_type=shape[2])


def _as_array(leaf: Any, dtype: np.dtype) -> jax.Array | np.ndarray:
    # NumPy, because an operation of JAX would become part of whatever is being traced around this call.
    return leaf if isinstance(leaf, jax.Array) else np.asarray(leaf, dtype)
