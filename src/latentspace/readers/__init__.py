"""One file for each format; none knows another."""
