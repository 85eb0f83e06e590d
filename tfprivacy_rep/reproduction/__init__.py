"""The paper's ten rows, its curve over lambda2 and its claims, on any source of photographs.

    rows      what the ten rows are and what the paper reports of them
    budgets   how much is spent: smoke, small, full
    plan      which encoders and attackers the chosen rows need
    play      trains, attacks and records each row, resuming what an earlier start left
    estimate  how long it should take, from counted operations and the machine's measured speed
    sweep     the curve over lambda2
    claims    the paper's claims, checked against the figures
    results   the contents of results.json
    page      the report
"""
