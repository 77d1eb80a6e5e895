"""The "lite" family: one backbone and one training loop shared by the small recipes.

Owns backbone, schedules, checkpointing, device handling and export checks. Refuses to know any problem type.
Importing this package does not import torch; its modules do.
"""
