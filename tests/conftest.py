"""Shapes in types are checked by beartype while the tests run; this must come before anything imports the package."""

from jaxtyping import install_import_hook

install_import_hook("latentspace", "beartype.beartype")
