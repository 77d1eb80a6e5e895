"""Reports: what a quality lead files and an auditor asks for, one site and one month at a time.

Owns which records belong to a month, the verdict on it in one sentence, and its pages as HTML and PDF, in
English and French. Promises that a month that is over gives the same bytes from the same records, that every
number is one that the API tells too, and that who holds a report can compare it by the hash of its data.
Does not measure, judge or keep anything: it reads what the other rooms keep.
"""
