"""Perenne keeps computer-vision models performing at every site, over time.

Rooms are named after their stage of the loop; ARCHITECTURE.md has the map.
"""

__version__ = "0.1.0"
