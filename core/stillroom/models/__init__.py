"""Recognisers: the TSAK-style teacher and student, the reference net, the forest, ensembles, and how they are kept.

Importing this package registers every architecture.
"""

from stillroom.models import forest, reference, student, teacher

__all__ = ["forest", "reference", "student", "teacher"]
