"""The simulated cardiac cohort: paired ECGs and four-chamber cines with a known truth. Always called simulated."""
