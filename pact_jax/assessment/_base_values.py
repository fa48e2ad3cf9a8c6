"""Values of the positions before any shock, beside what the input says they are worth."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from pact_jax.snapshot import Labels, Snapshot, input_value


def base_values(labels: Labels, value: Float[np.ndarray, "positions"]) -> pd.Series:
    """Present values by position id.

    Args:
        labels: ids of the places on the positions axis; padding has none.
        value: present value of each place, reporting currency.

    Returns:
        One value a position, sorted by id.
    """
    held = labels.position_id != ""
    index = pd.Index(labels.position_id[held], name="position_id")
    return pd.Series(value[held], index=index, name="base_value").sort_index()


def base_check(snapshot: Snapshot, base: pd.Series) -> pd.DataFrame:
    """Present values beside the input prices.

    Args:
        snapshot: kinds and input prices.
        base: what `base_values` returned.

    Returns:
        One row a position: kind, base_value, input_value, relative_difference (NaN where no price was given).
    """
    given = input_value(snapshot).reindex(base.index)
    kind = snapshot.positions.set_index("position_id")["kind"].reindex(base.index)
    size = np.maximum(given.abs(), 1e-12)
    return pd.DataFrame(
        {"kind": kind, "base_value": base, "input_value": given, "relative_difference": (base - given) / size}
    )
