"""`make bench`: every measurement after the other, or those named; exits with 1 when one broke its budget.

python -m bench [feed] [search] [proposal] [booking] [calendar] [pages]
python -m bench faults              takes half an hour, so only when named
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "deploy" / "dev"))

MEASUREMENTS = ("feed", "search", "proposal", "booking", "calendar", "pages")
ONLY_WHEN_NAMED = ("faults",)


def main() -> None:
    from processes import Refused, entrance, run

    with entrance():
        names = sys.argv[1:] or MEASUREMENTS
        known = (*MEASUREMENTS, *ONLY_WHEN_NAMED)
        if unknown := set(names) - set(known):
            raise Refused(f"no measurement is called {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        broken = []
        for name in names:
            print(f"\n── {name}", flush=True)
            if run([sys.executable, "-m", f"bench.{name}"]) != 0:
                broken.append(name)
        if broken:
            print(f"\nBroken: {', '.join(broken)}", file=sys.stderr)
        sys.exit(bool(broken))


if __name__ == "__main__":
    main()
