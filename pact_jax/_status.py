"""Status bits: how compiled code reports that a number is not to be trusted."""

import enum


class Status(enum.IntFlag):
    """Bits carried beside results, because compiled code can neither raise for one scenario nor write a sentence.

    Example:
        >>> Status(5)
        <Status.NONFINITE_PNL|NONFINITE_STATE: 5>
        >>> Status(0).describe()
        'ok'
    """

    OK = 0
    NONFINITE_PNL = 1
    """A scenario's profit and loss is NaN or infinite."""
    NONFINITE_BASE = 2
    """The base value of at least one position is NaN or infinite."""
    NONFINITE_STATE = 4
    """A shock of the scenario is NaN or infinite."""
    TAIL_MASS = 16
    """The scenario weights hold less mass in all than the tail needs."""
    NONFINITE_DRIVER = 32
    """A systematic driver of defaults is NaN or infinite."""

    def describe(self) -> str:
        """The set bits in words, for messages at the host door."""
        return "ok" if self == 0 else ", ".join(bit.name.lower() for bit in Status if bit and bit in self and bit.name)
