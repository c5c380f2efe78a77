"""Numbers read from a signal or an image, recorded or decoded; what cannot be measured is null with a reason."""
