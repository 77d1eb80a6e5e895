"""Kit: what every room needs and that knows nothing of vision.

Owns ids, clock, hashing, registries, paging and the shape of an error.
Refuses anything about images, models, databases or HTTP frameworks.
"""
