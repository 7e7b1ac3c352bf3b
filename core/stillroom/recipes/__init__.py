"""Recipes: ordered phases, declared; and the experiment that runs one over the folds of a split."""

from stillroom.recipes import presets

__all__ = ["presets"]
