"""Errors of the host doors: each says what is wrong, where, and how to mend it.

Inside compiled code nothing raises: failures there are status bits (`pact_jax._status`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

_MAX_LISTED = 50


class PactError(Exception):
    """Base of every error that this package raises on purpose.

    Attributes:
        what: What is wrong, with the offending value.
        where: The argument, file, position or component it was found in; empty if that adds nothing.
        mend: What the caller can do about it; empty if nothing can be done.

    Example:
        >>> print(PactError("capital is -5", where="Snapshot.capital", mend="give one positive amount"))
        Snapshot.capital: capital is -5
          mend: give one positive amount
    """

    def __init__(self, what: str, where: str = "", mend: str = ""):
        # Plain positional `args` let the error travel back from a worker process.
        Exception.__init__(self, what, where, mend)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  mend: {self.mend}" if self.mend else head


class ArgumentError(PactError, ValueError):
    """An argument is outside the domain that its docstring states, or shapes do not fit together."""


class UnknownName(PactError, LookupError):
    """A name (asset, curve, desk, calendar, agent, ...) that nothing carries.

    Attributes:
        name: The name that was asked for.
        known: The names that exist.

    Example:
        >>> print(UnknownName("TARGT", ["TARGET", "USNY"], kind="calendar"))
        unknown calendar 'TARGT'
          mend: use one of: TARGET, USNY
    """

    def __init__(self, name: str, known: Iterable[str], kind: str = "name", where: str = ""):
        self.name = name
        self.known = tuple(known)
        listed = ", ".join(self.known[:_MAX_LISTED]) or "(there are none)"
        if len(self.known) > _MAX_LISTED:
            listed += f", ... ({len(self.known)} in all)"
        PactError.__init__(self, f"unknown {kind} {name!r}", where, f"use one of: {listed}")
        self.args = (name, self.known, kind, where)


class MissingExtra(PactError, ImportError):
    """A feature needs an optional dependency that is not installed.

    Attributes:
        extra: The extra of `pact-jax` that brings it.

    Example:
        >>> print(MissingExtra("plot", "matplotlib"))
        matplotlib is not installed
          mend: pip install "pact-jax[plot]"
    """

    def __init__(self, extra: str, module: str, where: str = ""):
        self.extra = extra
        PactError.__init__(self, f"{module} is not installed", where, pip_line(extra))
        self.args = (extra, module, where)


def pip_line(extra: str) -> str:
    """Return the command that installs one extra.

    Example:
        >>> pip_line("io")
        'pip install "pact-jax[io]"'
    """
    return f'pip install "pact-jax[{extra}]"'


@dataclass(frozen=True)
class RowProblem:
    """One thing wrong with one cell, row or column of an input table.

    Attributes:
        file: File name, table name or payload key.
        row: 1-based row as an editor shows it (header = row 1), an index label, or None for a whole column.
        column: Column name, or empty for a whole row.
        value: The offending value as text.
        rule: The rule it breaks.
        mend: How to mend it.
    """

    file: str
    row: int | str | None
    column: str
    value: str
    rule: str
    mend: str = ""

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(f"column {self.column!r}")
        text = f"{', '.join(place)}: {self.value}: {self.rule}" if self.value else f"{', '.join(place)}: {self.rule}"
        return f"{text} (mend: {self.mend})" if self.mend else text


class SnapshotError(PactError, ValueError):
    """Input data that cannot be assessed; lists every bad row, not only the first.

    Attributes:
        problems: All problems, in the order found. The message prints the first 50 and the count.

    Example:
        >>> bad = RowProblem("positions.csv", 3, "spot", "NaN", "a price is a finite number", "fill it or drop the row")
        >>> print(SnapshotError([bad]))
        1 problem in the input
          positions.csv, row 3, column 'spot': NaN: a price is a finite number (mend: fill it or drop the row)
    """

    def __init__(self, problems: Iterable[RowProblem]):
        self.problems = tuple(problems)
        PactError.__init__(self, f"{_count(len(self.problems), 'problem')} in the input")
        self.args = (self.problems,)

    def __str__(self) -> str:
        lines = [self.what, *(f"  {problem}" for problem in self.problems[:_MAX_LISTED])]
        hidden = len(self.problems) - _MAX_LISTED
        if hidden > 0:
            lines.append(f"  ... and {hidden} more; all {len(self.problems)} are in the `problems` attribute")
        return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class PrecisionError(PactError):
    """Double precision is needed and not on, or a result is not accurate enough to be shown."""


class CapacityError(PactError):
    """More elements than the padded arrays were allocated for."""


class CapitalError(PactError, ValueError):
    """Capital that is not one positive, finite amount, or a capital rule that the inputs cannot feed."""


class CorrelationError(PactError, ValueError):
    """A correlation matrix that is not symmetric, unit-diagonal and positive semi-definite."""


class UnsupportedInstrument(PactError):
    """A contract, or a term of one, that is not priced exactly here and is therefore refused."""


class UnsupportedRule(PactError):
    """A case of a regulation or model that is not implemented and verified, and is therefore refused."""


class CalibrationError(PactError):
    """A curve, surface or model whose fit did not converge or leaves its admissible region."""


class DifferentiationError(PactError):
    """A derivative that does not exist, or is not the one that was asked for."""


class AuditError(PactError):
    """An audit log that cannot be written, or whose chain does not verify."""


class AgentError(PactError):
    """An agent that failed, timed out or returned values that cannot be combined."""
