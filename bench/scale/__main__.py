"""`python -m bench.scale [answers | measure | calibrate]`: the way up, what it is computed from, and how true it is.

Prices are read; your own are arguments of `answers`.
"""

from __future__ import annotations

import argparse
from dataclasses import fields

from bench.scale import answers, calibration, measure
from bench.scale.prices import Prices


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parts = parser.add_subparsers(dest="part")
    priced = parts.add_parser("answers", help="the tables of the way up (without a name too)")
    for price in fields(Prices):
        name = f"--{price.name.replace('_', '-')}"
        priced.add_argument(name, type=float, default=price.default, help=f"[{price.default}]")
    parts.add_parser("measure", help="what a photo costs on this machine")
    parts.add_parser("calibrate", help="the simulation beside real runs")
    options = vars(parser.parse_args())
    part = options.pop("part")
    if part == "measure":
        measure.main()
    elif part == "calibrate":
        calibration.main()
    else:
        answers.main(Prices(**options))


if __name__ == "__main__":
    main()
