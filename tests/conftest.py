"""How hypothesis runs: the same examples every time, and many more of them when somebody hunts for bugs.

`make test ARGS="--hypothesis-profile=hunt"` draws anew on every run.
"""

from hypothesis import HealthCheck, settings

_SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    database=None,
    stateful_step_count=30,
    suppress_health_check=_SLOW_IS_FINE,
)
settings.register_profile(
    "hunt", max_examples=3_000, deadline=None, stateful_step_count=40, suppress_health_check=_SLOW_IS_FINE
)
settings.load_profile("ci")
