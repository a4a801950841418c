"""`python -m worker.depth.weights list | fetch NAME... | accept FILE...`: see and fill the cache folder of weights."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.errors import ModelError, WeightsError
from shared.settings import WeightsSettings
from worker.depth import registry
from worker.depth.network.exports import torch_is_here
from worker.depth.weights import FetchOptions


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when all went well, 1 after an error, which goes to stderr."""
    settings = WeightsSettings.from_environment()
    options = _parser(settings.weights).parse_args(arguments)
    try:
        if options.command == "list":
            _list(options.folder)
        elif options.command == "accept":
            _accept(options.folder, options.files)
        else:
            _fetch(options, settings.weights_mirror)
    except ModelError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _parser(folder: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m worker.depth.weights", description=__doc__)
    parser.add_argument("--folder", type=Path, default=folder, help="cache folder [%(default)s]")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every model, and whether its files are here")
    fetching = commands.add_parser("fetch", help="download the files of models; with torch, export networks for CPUs")
    fetching.add_argument("names", nargs="+", metavar="NAME")
    fetching.add_argument(
        "--timeout", type=float, default=30.0, metavar="S", help="give up after so long without an answer [%(default)s]"
    )
    fetching.add_argument("--quiet", action="store_true", help="say nothing when all went well")
    fetching.add_argument("--http-on-loopback", action="store_true", help="for tests: plain http from this machine")
    accepting = commands.add_parser("accept", help="hold files whose hash nobody published to the bytes they have now")
    accepting.add_argument("files", nargs="+", metavar="FILE", help="such as dpt_beit_large_512.pt")
    return parser


def _fetch(options: argparse.Namespace, mirror: str | None) -> None:
    how = FetchOptions(options.timeout, mirror, not options.quiet, options.http_on_loopback)
    for row in [registry.row(name) for name in options.names]:
        row.weights.fetch(options.folder, how)
        row.prepare(options.folder)
        if not options.quiet:
            sys.stdout.write(f"ready   {row.name}\n")


def _accept(folder: Path, names: Sequence[str]) -> None:
    known = {file.name: file for row in registry.ROWS.values() for file in row.weights.files}
    for name in names:
        if name not in known:
            raise WeightsError(f"{name} is no file of a depth model; they are: {', '.join(known)}")
        sys.stdout.write(f"{known[name].accept(folder)}  {name}\n")


def _list(folder: Path) -> None:
    for row in registry.ROWS.values():
        lack = row.lacks(folder)
        state = "ready" if not lack else "no torch" if row.weights.present(folder) else "absent"
        files = ", ".join(file.name for file in row.weights.files)
        licence = f"{row.licence}, non-commercial" if row.non_commercial else row.licence
        sys.stdout.write(f"{state:8} {row.name:24} {licence:29} {files}\n")
    sys.stdout.write(f"in {folder}\n")
    if not torch_is_here():
        sys.stdout.write("no torch: it is not installed here, and there is no export; `fetch` makes one where it is\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
