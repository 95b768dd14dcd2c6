"""An evaluation of a run in seconds: few cases, and few runs that are timed.

The process that forks runs of training imports it (`forked.py`): their tests look at what an
evaluation leaves behind, and not at its numbers.
"""

from functools import partial

from few_cases import FEW_CASES

from upstander.evaluation import runner, timing

runner.SUITES = FEW_CASES
runner.run_against_encoder = partial(timing.run_against_encoder, runs=100)
timing._POSTS, timing._TURNS = 30, 3
