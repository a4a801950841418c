"""`python -m worker.depth.weights list | fetch NAME...`: see and fill the cache folder of weights."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.errors import ModelError
from worker.depth import registry
from worker.depth.weights import FetchOptions, default_folder, fetch


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the command; 0 when all went well, 1 after an error, which goes to stderr."""
    options = _parser(environ).parse_args(arguments)
    try:
        run = {"list": _list, "fetch": _fetch}[options.command]
        run(options, environ)
    except ModelError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m worker.depth.weights", description=__doc__)
    parser.add_argument("--folder", type=Path, default=default_folder(environ), help="cache folder [%(default)s]")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every model, and whether its files are here")
    fetching = commands.add_parser("fetch", help="download the files of models")
    fetching.add_argument("names", nargs="+", metavar="NAME")
    fetching.add_argument(
        "--timeout", type=float, default=30.0, metavar="S", help="give up after so long without an answer [%(default)s]"
    )
    fetching.add_argument("--quiet", action="store_true", help="say nothing when all went well")
    return parser


def _list(options: argparse.Namespace, environ: Mapping[str, str]) -> None:
    for name in registry.names():
        row = registry.row(name)
        state = "ready" if registry.ready(row, options.folder) else "absent"
        files = ", ".join(file.name for file in row.weights.files)
        sys.stdout.write(f"{state:7} {name:24} {row.licence:12} {files}\n")
    sys.stdout.write(f"in {options.folder}\n")


def _fetch(options: argparse.Namespace, environ: Mapping[str, str]) -> None:
    how = FetchOptions(options.timeout, environ.get("RELIEF_WEIGHTS_MIRROR") or None, progress=not options.quiet)
    for row in [registry.row(name) for name in options.names]:
        fetch(row.weights, options.folder, how)
        if not options.quiet:
            sys.stdout.write(f"ready   {row.name}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
