"""Where an author is, and how near that is to a hospital: profile text or geo tag -> place -> tier.

`resolver.py` makes a place of a text, or abstains; `locality.py` measures it to one hospital. Called by the reader
alone. Knows nothing of what a post says.
"""
