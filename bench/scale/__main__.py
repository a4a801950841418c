"""`python -m bench.scale [answers | measure | calibrate]`: the way up, what it is computed from, and how true it is."""

from __future__ import annotations

import argparse

from bench.scale import answers, calibration, measure

PARTS = {"answers": answers.main, "measure": measure.main, "calibrate": calibration.main}


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS, default="answers")
    PARTS[parser.parse_args().part]()


if __name__ == "__main__":
    main()
