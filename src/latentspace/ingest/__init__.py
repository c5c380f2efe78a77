"""Recordings, a table and a dictionary become a workspace; whatever is wrong with them becomes the ingest report."""

from latentspace.ingest.brought import Brought, bring
from latentspace.ingest.options import IngestOptions
from latentspace.ingest.spaces import read_given
from latentspace.ingest.stacked import ingest

__all__ = ["Brought", "IngestOptions", "bring", "ingest", "read_given"]
