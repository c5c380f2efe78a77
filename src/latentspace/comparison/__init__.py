"""Groups side by side: the table, what of it may leave, and the texts that it leaves as."""
