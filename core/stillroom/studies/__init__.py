"""Studies: a plan of many runs, finished however often it is interrupted, and one table that answers one question."""
