"""One worker: the tagger (posts -> mentions), the hospitals agent (mentions -> tables) and the process around them.

`process.py` wires them and owns the process's life. What makes counts exact is in `streams/faustkit/`.
"""
