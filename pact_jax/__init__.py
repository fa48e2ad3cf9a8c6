"""Market, credit and liquidity risk of one portfolio on shared scenarios, with explanations that add up."""

from ._doctor import doctor as doctor
from ._version import __version__ as __version__
