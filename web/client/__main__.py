"""The commands of `python -m web.client`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

from rich.console import Console

from web import client
from web.client.api import RefusedError, Relief, printable
from web.client.connection import connected
from web.client.retry import RetryPolicy, in_words
from web.client.submit import SHOWN, Action, Bar, SubmitCommand, bar, bars, folders_of, reported, watch

AT_ONCE = 4
GRACE_S = 1.0
PATIENCE_S = 60.0
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 where everything asked for was done."""
    chosen = _parser().parse_args(arguments)
    console = Console(markup=False, highlight=False, emoji=False)
    try:
        with connected(chosen.url, RetryPolicy(chosen.patience)) as relief:
            return int(chosen.run(relief, chosen, console))
    except KeyboardInterrupt:
        return INTERRUPTED
    except SHOWN as error:
        sys.stderr.write(f"{in_words(error)}\n")
        return 1


def _submit(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    settings = {name: value for name, _, value in (pair.partition("=") for pair in chosen.set)}
    folders = folders_of(chosen.photos)
    if chosen.disparity and len(folders) > 1:
        raise RefusedError(f"--disparity is of one photo, and {len(folders)} were given")
    command = SubmitCommand(relief, settings, wait=not chosen.no_wait, disparity=chosen.disparity)
    try:
        with bars(console) as progress:
            actions = {
                bar(progress, photo.name, prefixed=True): partial(command.run, photo, chosen.out and chosen.out / name)
                for photo, name in folders.items()
            }
            return _side_by_side(relief, actions)
    except KeyboardInterrupt:
        if ids := " ".join(command.sent):
            console.print(f"The jobs that were made go on. To follow them: watch {ids}", soft_wrap=True)
        raise


def _watch(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    with bars(console) as progress:
        actions = {bar(progress, job_id, prefixed=False): partial(watch, relief, job_id) for job_id in chosen.jobs}
        return _side_by_side(relief, actions)


def _side_by_side(relief: Relief, actions: Mapping[Bar, Action]) -> int:
    """0 where all actions say True; an interruption ends them, and does not wait long for it."""
    pool = ThreadPoolExecutor(AT_ONCE)
    futures = [pool.submit(reported, action, bar) for bar, action in actions.items()]
    try:
        wait(futures)
        return 0 if all(future.result() for future in futures) else 1
    except KeyboardInterrupt:
        relief.stop()
        pool.shutdown(wait=False, cancel_futures=True)
        wait([future for future in futures if future.running()], GRACE_S)
        raise
    finally:
        pool.shutdown(wait=False)


def _status(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    for job_id in chosen.jobs:
        console.print_json(json.dumps(relief.status(job_id)))
    return 0


def _download(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    for path in relief.download(relief.status(chosen.job), chosen.out, chosen.names):
        console.print(f"{printable(str(path))}  {path.stat().st_size:,} bytes", soft_wrap=True)
    return 0


def _cancel(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    for job_id in chosen.jobs:
        console.print(f"{job_id}  {relief.cancel(job_id)['state']}", soft_wrap=True)
    return 0


def _list(relief: Relief, chosen: argparse.Namespace, console: Console) -> int:
    for job in relief.jobs():
        line = f"{job['id']}  {job['created_at'][:19]}  {job['state']:9}  {job['message']}"
        console.print(line, soft_wrap=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m web.client", description=(client.__doc__ or "").partition("\n\n")[2]
    )
    parser.add_argument("--url", default=os.environ.get("RELIEF_URL", "http://127.0.0.1:8000"))
    parser.add_argument(
        "--patience",
        type=float,
        default=PATIENCE_S,
        metavar="SECONDS",
        help="how long to try again where the server answers no more, or has too much to do (default %(default).0f)",
    )
    commands = parser.add_subparsers(required=True)
    submit = commands.add_parser("submit", help="send photos, follow them, fetch what comes of them")
    submit.add_argument("photos", nargs="+", type=Path)
    submit.add_argument("--out", type=Path, help="folder for the results; one folder in it for each photo")
    submit.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting; see /docs")
    submit.add_argument(
        "--disparity",
        type=Path,
        metavar="MAP",
        help="of one photo, in place of a network's: .png, .npy or .npz, larger is nearer",
    )
    submit.add_argument("--no-wait", action="store_true", help="only send")
    submit.set_defaults(run=_submit)
    for name, run, words in (
        ("status", _status, "show how jobs are doing"),
        ("watch", _watch, "follow jobs to their end"),
        ("cancel", _cancel, "stop jobs"),
    ):
        command = commands.add_parser(name, help=words)
        command.add_argument("jobs", nargs="+")
        command.set_defaults(run=run)
    download = commands.add_parser("download", help="fetch the results of a job, or those that are named")
    download.add_argument("job")
    download.add_argument("names", nargs="*")
    download.add_argument("--out", type=Path, default=Path())
    download.set_defaults(run=_download)
    commands.add_parser("list", help="one's own jobs, newest first").set_defaults(run=_list)
    return parser


if __name__ == "__main__":
    code = main()
    if code == INTERRUPTED:
        sys.stdout.flush()
        os._exit(code)  # Python would wait for the threads, which may hang in a long-poll
    sys.exit(code)
