"""Times of things in simulations, for tests."""

from bench.scale.plant import Sampled


def constant(seconds: float) -> Sampled:
    """Always the same."""
    return lambda _: seconds


def exponential(mean_s: float) -> Sampled:
    """Exponential, as the formulas of queueing theory have it."""
    return lambda chance: chance.expovariate(1 / mean_s)
