"""Recipes: ordered phases, declared; and the experiment that runs one over the folds of a split."""

from stillroom.recipes import presets, smldist

__all__ = ["presets", "smldist"]
