"""What runs on the board: Python 3.6, numpy and the standard library; nothing of Stillroom is there.

It is kept to that old Python, so its types come from `typing`.
"""
