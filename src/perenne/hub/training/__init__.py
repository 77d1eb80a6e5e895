"""Training: runs, each a recipe on a frozen dataset version that ends in a model version.

Owns runs with their states, claims, curves and logs, and the list of trainers seen.
Promises: a run is held by one trainer at a time; the words of a replaced claim do not count; a trainer that
comes back, or another after the lease, takes the run up again; one artefact makes one model version.
Does not train: recipes do, in trainers, which are clients over HTTP.
"""
