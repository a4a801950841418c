"""`python -m bench.compare BASE [pipeline | memory | stack ...]`: another commit and this checkout, in turn.

Each row has the medians of all rounds, and the median, least and most of the ratios this / base. Weights of the other
commit are fetched by its own command into `~/.cache/relief/compare`. Other programs that run meanwhile change the wall
seconds most, CPU seconds less, and ratios of rounds in turn least.
"""

from __future__ import annotations

import argparse
import os

from bench.__main__ import machine
from bench.compare.load import print_load
from bench.compare.memory import print_memory
from bench.compare.pipeline import print_pipeline
from bench.compare.trees import trees

PARTS = {"pipeline": (print_pipeline, 5), "memory": (print_memory, 1), "stack": (print_load, 3)}  # and how many rounds


def main() -> None:
    """Print the tables of the named parts, or of all."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("base", help="commit, branch or tag")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part", help=f"{', '.join(PARTS)} [all]")
    parser.add_argument("--rounds", type=int, help="how often both are run")
    options = parser.parse_args()
    with trees(options.base) as (base, this):
        load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
        print(f"## {base.name} and this checkout\n\nMachine: {machine()}, load {load}\n", flush=True)
        for name in options.parts or PARTS:
            print_part, rounds = PARTS[name]
            print_part(base, this, options.rounds or rounds)


if __name__ == "__main__":
    main()
