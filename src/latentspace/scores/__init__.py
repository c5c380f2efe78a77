"""How well a run predicts each phenotype, of everyone, of groups, and of whom it is worst."""
