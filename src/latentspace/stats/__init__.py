"""Statistics that know nothing of workspaces."""
