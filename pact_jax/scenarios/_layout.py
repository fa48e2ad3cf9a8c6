"""Where each column of a factor history sits in a market shock."""

import dataclasses
import enum

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from pact_jax.market import MarketShock, MarketState, VolDynamics


class ShockLeaf(enum.Enum):
    """The leaves of a shock that a history column can drive, with whether the move is logarithmic."""

    SPOT = "spot"
    FX = "fx"
    ZERO_RATE = "zero_rate"
    VOL_LEVEL = "vol_level"
    HAZARD_RATE = "hazard_rate"
    HALF_SPREAD = "half_spread"
    ADV = "adv"
    FACTOR = "factor"

    @property
    def is_log(self) -> bool:
        """True where the shock is a log return, false where it is a difference."""
        return self not in (ShockLeaf.ZERO_RATE, ShockLeaf.FACTOR)


@dataclasses.dataclass(frozen=True)
class FactorColumn:
    """One column: the leaf it drives and its place there (curve and tenor for a zero rate)."""

    leaf: ShockLeaf
    row: int
    tenor: int = 0


@dataclasses.dataclass(frozen=True)
class ShockLayout:
    """The columns of a factor history in order; resolved from names once, on the host."""

    columns: tuple[FactorColumn, ...]
    vol_dynamics: VolDynamics = VolDynamics.STICKY_STRIKE

    @property
    def is_log(self) -> np.ndarray:
        """Whether each column moves by log return."""
        return np.array([column.leaf.is_log for column in self.columns], dtype=bool)

    def to_shock(self, moves: Float[Array, "scenarios factors"], market: MarketState) -> MarketShock:
        """Puts moves into the leaves of a shock; a leaf that no column drives stays None.

        Args:
            moves: one row a scenario, one column a factor.
            market: gives the length of each axis.

        Returns:
            A shock whose leaves have a leading scenarios axis.
        """
        leaves: dict[str, Array] = {}
        for leaf in ShockLeaf:
            columns = self._columns_of(leaf, getattr(market, leaf.value).shape)
            if columns is not None:
                # Read, not scattered: a scatter writes one number at a time.
                read = moves[:, np.maximum(columns, 0).ravel()].reshape(moves.shape[0], *columns.shape)
                leaves[leaf.value] = jnp.where(columns[None] >= 0, read, 0.0)
        return MarketShock(**leaves, vol_dynamics=self.vol_dynamics)

    def _columns_of(self, leaf: ShockLeaf, shape: tuple[int, ...]) -> np.ndarray | None:
        """Column that drives each place of a leaf, -1 where none does; None if none drives the leaf at all."""
        columns = np.full(shape if leaf is ShockLeaf.ZERO_RATE else shape[:1], -1)
        for k, column in enumerate(self.columns):
            if column.leaf is leaf:
                columns[(column.row, column.tenor)[: columns.ndim]] = k
        return columns if np.any(columns >= 0) else None

    def to_moves(self, shock: MarketShock) -> Float[Array, "scenarios factors"]:
        """Reads the columns off a shock: the inverse of `to_shock`; a leaf that is None reads 0.

        Args:
            shock: leaves with a leading scenarios axis; at least one is not None.

        Returns:
            One row a scenario, one column a factor.
        """
        held = [leaf for leaf in (getattr(shock, leaf.value) for leaf in ShockLeaf) if leaf is not None]
        still = jnp.zeros(held[0].shape[0], held[0].dtype)
        columns = []
        for column in self.columns:
            leaf = getattr(shock, column.leaf.value)
            if leaf is None:
                columns.append(still)
            else:
                is_curve = column.leaf is ShockLeaf.ZERO_RATE
                columns.append(leaf[:, column.row, column.tenor] if is_curve else leaf[:, column.row])
        return jnp.stack(columns, axis=1)
