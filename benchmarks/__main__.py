"""All benchmarks, one after the other; Markdown rows on standard output.

usage: python -m benchmarks
"""

import datetime
import os
import platform
import runpy

BENCHMARKS = (
    *("startup", "decoder", "envelope", "model", "filters", "compatibility"),
    *("tail", "library", "aproduce", "loops", "tui"),
)

print(f"{datetime.date.today()}, {os.cpu_count()} cores, Python {platform.python_version()}")
for name in BENCHMARKS:
    print(f"\n## {name}\n\n| Case | Contender | min / median / max |\n|---|---|---|", flush=True)
    runpy.run_module(f"benchmarks.{name}", run_name="__main__")
