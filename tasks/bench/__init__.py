"""Benchmarks: the real services on engines of their own, beside what the machine can do at most.

    promo bench mail --recipients 100000
    promo bench import --rows 1000000
    promo bench timetable --planned 1000000 --due 1000

Each starts PostgreSQL and Redis below a directory that is removed afterwards; nothing of an
installation is touched.
"""
