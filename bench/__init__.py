"""Figures, as JSON lines: `make bench`. Never assertions: what a machine does is not what the product must."""
