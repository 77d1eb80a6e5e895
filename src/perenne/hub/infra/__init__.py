"""Infra: the ground the hub's rooms stand on.

Owns the database session, durable jobs, blobs, backup and the auth primitives (hashes, secrets).
Promises one transaction a request or job, content-addressed blobs, jobs that survive kill -9.
Does not know organisations' content, images or models.
"""
