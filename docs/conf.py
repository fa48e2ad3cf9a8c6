"""Sphinx configuration."""

from pact_jax._version import __version__

project = "pact-jax"
author = "the pact-jax developers"
release = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
html_title = "pact-jax"
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath", "colon_fence"]
autodoc_typehints = "none"
suppress_warnings = ["myst.header", "misc.highlighting_failure"]
