"""The figures that a hospital acts on: made of its tables, its row of the directory and a moment.

Pure. Called by whatever shows them. The mathematics are `streams/indicators`; this room decides which counts go into
which formula, and what is held back.
"""
