"""Use against privacy of every way to protect, and which to take when.

    ways      the ways to protect, and what their strengths are
    plan      the points: which encoder each needs
    play      trains, attacks and records each point, or looks at its use alone
    choice    which weight keeps a stated use, by X1's validation part
    figures   figures of points and of pairs of points
    results   the contents of results.json
    words     which way to take when, in sentences
    tables, pictures, page   the report
    job       all of it, in order
"""
