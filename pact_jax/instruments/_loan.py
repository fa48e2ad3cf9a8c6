"""Loans, held at amortised cost."""

from typing import ClassVar

from jaxtyping import Array, Float, Int

from pact_jax.market import FactorGroup

from ._terms import AbstractTerms, Accounting


class Loan(AbstractTerms):
    """Loans on an accrual basis: worth their outstanding amount until the borrower defaults; no market loss.

    Attributes:
        currency: index of the currency.
        outstanding: drawn amount, in the loan's currency.
    """

    kind: ClassVar[str] = "loan"
    depends_on: ClassVar[tuple[FactorGroup, ...]] = ()
    accounting: ClassVar[Accounting] = Accounting.ACCRUAL

    currency: Int[Array, "contracts"]
    outstanding: Float[Array, "contracts"]
