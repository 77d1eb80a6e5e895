"""Kit: what every room needs and that knows nothing of vision.

Owns ids, clock, hashing, registries, paging, the shape of an error and of a sentence.
Refuses anything about images, models, databases or HTTP frameworks.
"""
