"""``python -m bench [NAME …]``: the named measurements, or all of them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(names: list[str]) -> int:
    modules = Path(__file__).parent.glob("[a-z]*.py")
    known = sorted(path.stem for path in modules if "def main(" in path.read_text(encoding="utf-8"))
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no such measurement: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    codes = []
    for name in names or known:
        print(f"== {name}", flush=True)
        codes.append(importlib.import_module(f"bench.{name}").main([]))
    return max(codes, default=0) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
