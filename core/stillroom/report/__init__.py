"""What is handed over: a run or a study as one file to read, print and keep, and what fewer sensors may save.

It reads the files that commands have kept and computes no result of its own. What it says of money follows from
assumptions that are printed beside it.
"""
