"""Recognisers: the TSAK-style teacher and student, the reference net, the forest, ensembles, and how they are kept.

Importing this package registers every architecture.
"""

from stillroom.models import attention_har, forest, reference, semantic, student, teacher

__all__ = ["attention_har", "forest", "reference", "semantic", "student", "teacher"]
