"""Recognisers: the TSAK-style networks, SMLDist's, the reference net, the forest, ensembles, and how they are kept.

Importing this package registers every architecture.
"""

from stillroom.models import any_subset, attention_har, forest, mobilenet, reference, semantic, student, teacher

__all__ = ["any_subset", "attention_har", "forest", "mobilenet", "reference", "semantic", "student", "teacher"]
