"""Reports of an assessment: plain text, one offline HTML file, JSON, figures."""

from ._html import html_report as html_report
from ._json import json_report as json_report
from ._plot import plot_contributions as plot_contributions
from ._plot import plot_losses as plot_losses
from ._text import text_report as text_report
