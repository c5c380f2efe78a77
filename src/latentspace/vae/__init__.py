"""The cross-modal variational autoencoder, in PyTorch; nothing outside `train` imports it."""
