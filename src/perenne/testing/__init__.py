"""Testing: what tests of Perenne and of its users share.

Owns public fakes, factories and hostile inputs. Promises the same output for the same seed.
Does not open networks and is never imported by the hub.
"""
