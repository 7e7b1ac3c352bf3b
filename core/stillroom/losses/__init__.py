"""Losses: one small file an idea, per-sample values first, a named weighted sum last.

Importing this package registers every term.
"""

from stillroom.losses import cross_entropy, hinton, representation

__all__ = ["cross_entropy", "hinton", "representation"]
