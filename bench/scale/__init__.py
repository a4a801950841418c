"""The way up, computed: Relief's queue, workers and autoscaling as a discrete-event simulation.

It answers what cannot be tried on one machine: what photos wait for with 1 to 1,000 GPUs, what breaks first, what to
buy. `python -m bench.scale`; its figures, and how far it is from a real run, are in bench/README.md.
"""


def main() -> None:
    """Print the tables of the way up."""
    from bench.scale import answers  # a worker that only stands in for a GPU needs none of it

    answers.main()
