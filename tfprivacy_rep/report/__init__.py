"""The report: from results to pages that people read."""

from tfprivacy_rep.report.writer import write_report

__all__ = ["write_report"]
