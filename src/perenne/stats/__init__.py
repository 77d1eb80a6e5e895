"""Stats: one statistic a file; values in, a frozen result out.

Owns intervals, watches over streams (sequential) and certificates of claims.
Promises an interval and the sample size with every number.
Does not know clocks, databases, drawings or images.
"""
