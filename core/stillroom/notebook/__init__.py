"""Notebooks from finished runs and studies: a page that opens its folder, draws it, has something to turn, and goes on.

The cells are templates in `cells/`, chosen by what the folder holds; what they tell is computed when they run. Nothing
of a result is written into a page, only names, and these as text that is no code and no Markdown. Nothing is run here,
and nothing imports torch: cells import what they need.
"""
