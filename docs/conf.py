"""Sphinx: MyST pages, docstrings of the public API; the built pages load nothing from elsewhere."""

from importlib.metadata import version as version_of

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

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
html_math_renderer = "mathml"


def setup(app: Sphinx) -> None:
    """Formulas become MathML, which browsers draw themselves: MathJax would be fetched from a network."""
    app.add_html_math_renderer("mathml", inline_renderers=(_formula, None), block_renderers=(_block, None))


def _formula(page: HTML5Translator, node: nodes.math) -> None:
    page.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _block(page: HTML5Translator, node: nodes.math_block) -> None:
    page.body.append(tex2mathml(node.astext(), as_block=True))
    raise nodes.SkipNode
