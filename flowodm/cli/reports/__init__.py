"""What checks and diffs found, in every format: for people, for programs, for CI.

```
report.py    the value: a report of sections with findings; nothing of any format
changes.py   sections made of diffs, incompatibilities and files that are no schemas
writing.py   `write_report`: one format out of all
table.py     for people on a terminal
machine.py   json
markdown.py  for a pull request's comment or a job's summary
sarif.py     SARIF 2.1.0, for code scanning
junit.py     JUnit's XML, for test reports
github.py    workflow commands of GitHub Actions: annotations
```

Everything in a report may be a stranger's text: each format escapes it in its own way.
"""

from flowodm.cli.reports.report import (
    FAIL_ON,
    REPORT_FORMATS,
    FailOn,
    Finding,
    Report,
    Section,
    Severity,
)
from flowodm.cli.reports.writing import write_report

__all__ = [
    "FAIL_ON",
    "REPORT_FORMATS",
    "FailOn",
    "Finding",
    "Report",
    "Section",
    "Severity",
    "write_report",
]
