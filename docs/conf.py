"""Sphinx: MyST pages, docstrings of the public API, nothing fetched from elsewhere."""

from importlib.metadata import version as version_of

project = "Latent Space Explorer"
author = "The Latent Space Explorer developers"
copyright = "2026, " + author
release = version = version_of("latent-space-explorer")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = project
exclude_patterns = ["images"]
autodoc_typehints = "none"
autodoc_member_order = "bysource"
html_math_renderer = "mathjax"
