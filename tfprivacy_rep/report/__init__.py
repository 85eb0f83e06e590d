"""The report: from results to pages that people read."""

from __future__ import annotations

def write_report(contents, records, folder):
    pass
