"""Performance: how good the answers at a site really are, from truth, from few labels, or without any.

Owns periods, claims with their certificates, estimates with their past errors, calibration and the debugging
of a model version. Promises that streams of labels are never mixed and no number comes without its interval.
Does not collect labels, watch signals or decide what is deployed.
"""
