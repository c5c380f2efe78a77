"""From a device's signals to the arrays that a model sees: leads, resampling, median beat."""
