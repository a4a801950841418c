"""`python -m worker.depth.weights list | fetch NAME...`: see and fill the cache folder of weights."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.errors import ModelError
from shared.settings import WeightsSettings
from worker.depth import registry
from worker.depth.weights import FetchOptions


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when all went well, 1 after an error, which goes to stderr."""
    settings = WeightsSettings.from_environment()
    options = _parser(settings.weights).parse_args(arguments)
    try:
        if options.command == "list":
            _list(options.folder)
        else:
            how = FetchOptions(options.timeout, settings.weights_mirror, progress=not options.quiet)
            for row in [registry.row(name) for name in options.names]:
                row.weights.fetch(options.folder, how)
                if not options.quiet:
                    sys.stdout.write(f"ready   {row.name}\n")
    except ModelError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _parser(folder: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m worker.depth.weights", description=__doc__)
    parser.add_argument("--folder", type=Path, default=folder, help="cache folder [%(default)s]")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every model, and whether its files are here")
    fetching = commands.add_parser("fetch", help="download the files of models")
    fetching.add_argument("names", nargs="+", metavar="NAME")
    fetching.add_argument(
        "--timeout", type=float, default=30.0, metavar="S", help="give up after so long without an answer [%(default)s]"
    )
    fetching.add_argument("--quiet", action="store_true", help="say nothing when all went well")
    return parser


def _list(folder: Path) -> None:
    for row in registry.ROWS.values():
        state = "ready" if row.weights.present(folder) else "absent"
        files = ", ".join(file.name for file in row.weights.files)
        licence = f"{row.licence}, non-commercial" if row.non_commercial else row.licence
        sys.stdout.write(f"{state:7} {row.name:24} {licence:29} {files}\n")
    sys.stdout.write(f"in {folder}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
