"""What the counts mean: intervals, goals, service, business hours, surges. Plain numbers in, frozen answers out.

Called by whatever shows a hospital's figures. Knows no table, no post, no clock: windows, counts and instants come as
arguments. Each formula and its source is explained in `docs/indicators.md`.
"""
