"""A run is a folder: what was asked, what happened, what came out. This package knows the folder, not the training."""
