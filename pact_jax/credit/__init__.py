"""Obligors, defaults and what they cost."""

from ._book import CreditBook as CreditBook
from ._default import conditional_distance as conditional_distance
from ._default import conditional_pd as conditional_pd
from ._default import horizon_pd as horizon_pd
from ._default import log_likelihood as log_likelihood
from ._default import sample_defaults as sample_defaults
from ._severity import Severity as Severity
from ._severity import positive_netting as positive_netting
from ._severity import severities as severities
