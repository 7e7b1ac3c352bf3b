"""Methods of attribution, one family a file. Importing this package registers every one."""

from stillroom.explain.methods import gradients, removal

__all__ = ["gradients", "removal"]
