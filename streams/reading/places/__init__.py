"""Where an author is, and how near that is to a hospital: profile text or geo tag -> place -> tier.

`resolver.py` turns a text into a place, or abstains; `locality.py` measures the place to one hospital. Called by
`streams/reading/reader.py` and `earshot locate`. Knows nothing of what a post says.
"""
