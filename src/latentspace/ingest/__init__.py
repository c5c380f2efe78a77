"""Recordings, a table and a dictionary become a workspace; whatever is wrong with them becomes the ingest report."""

from latentspace.ingest.verb import IngestOptions, ingest

__all__ = ["IngestOptions", "ingest"]
