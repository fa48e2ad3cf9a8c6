"""Loss agents: pure functions of the same scenarios. Reviewers: what is found beside the score."""

from ._compliance import ONE_SIDED_95 as ONE_SIDED_95
from ._compliance import ComplianceReview as ComplianceReview
from ._compliance import Decision as Decision
from ._compliance import Direction as Direction
from ._compliance import LimitSet as LimitSet
from ._compliance import adverse_bound as adverse_bound
from ._compliance import judge as judge
from ._compliance import review_compliance as review_compliance
from ._compliance import utilisation as utilisation
from ._credit import CreditObservation as CreditObservation
from ._credit import CreditTail as CreditTail
from ._credit import attribute_credit as attribute_credit
from ._credit import observe_credit as observe_credit
from ._liquidity import LiquidityObservation as LiquidityObservation
from ._liquidity import LiquidityTail as LiquidityTail
from ._liquidity import attribute_liquidity as attribute_liquidity
from ._liquidity import observe_liquidity as observe_liquidity
from ._market import MarketObservation as MarketObservation
from ._market import attribute_market as attribute_market
from ._market import observe_market as observe_market
from ._portfolio import GrossNet as GrossNet
from ._portfolio import HedgeProposal as HedgeProposal
from ._portfolio import PortfolioReview as PortfolioReview
from ._portfolio import gross_net as gross_net
from ._portfolio import propose_hedge as propose_hedge
from ._portfolio import review_portfolio as review_portfolio
