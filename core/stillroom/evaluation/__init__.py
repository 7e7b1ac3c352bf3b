"""Arrays in, numbers out: scores, calibration, intervals over people, sign-flip tests, comparisons. No torch here."""
