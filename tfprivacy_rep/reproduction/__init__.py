"""The paper's ten rows, its curve over lambda2 and its claims, on any source of photographs.

    rows      what the ten rows are and what the paper reports of them
    budgets   how much is spent: smoke, small, full
    plan      which encoders and attackers the chosen rows, or the points of the curve, need
    estimate  how long it should take, from counted operations and the machine's measured speed
    seed      the points of one seed: trains their encoders, resumes, keeps failures apart
    play      attacks and records each row and each point of the curve
    frontier  use against privacy of every way to protect
    figures   figures of points and of pairs of points, with intervals
    claims    the paper's claims, checked against the figures
    results   the contents of results.json
    tables, pictures, page   the report
    opening   what comes first and last: load, divide, claim the folder; report what it holds
    job       all of it, in order
"""
