"""Reports of an assessment: plain text, one offline HTML file, JSON, figures."""

from ._html import html_report as html_report
from ._json import json_report as json_report
from ._plot import plot_contributions as plot_contributions
from ._plot import plot_losses as plot_losses
from ._plot_market import plot_diversification as plot_diversification
from ._plot_market import plot_exceptions as plot_exceptions
from ._plot_market import plot_grid as plot_grid
from ._plot_market import plot_moves as plot_moves
from ._plot_market import plot_stress_losses as plot_stress_losses
from ._plot_market import plot_views as plot_views
from ._plot_market import plot_waterfall as plot_waterfall
from ._text import text_report as text_report
