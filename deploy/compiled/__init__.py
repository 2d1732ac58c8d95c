"""Compiles the pure core's hot modules with mypyc: `make setup`, and the hook by which a wheel is built.

Owns which modules are compiled, and how. Called as `python -m deploy.compiled`; `streams/compiled` takes the result.
Knows nothing of what the modules do.
"""
