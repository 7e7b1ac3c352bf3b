"""Why a model answers as it does: attributions, what they are worth, and whether two models look at the same things."""
