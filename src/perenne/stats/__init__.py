"""Stats: one statistic a file; values in, a frozen result out.

Owns intervals and, later, drift, sequential tests and agreement.
Promises an interval and the sample size with every number.
Does not know clocks, databases, drawings or images.
"""
