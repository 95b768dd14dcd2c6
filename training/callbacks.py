"""Trainer callbacks: progress, and stopping by Ctrl-C."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from upstander.evaluation.progress import Tracker


class ShowProgress(TrainerCallback):
    """Tells the progress bar of steps, and of the mean area under the curve."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._seen = 0

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self._tracker.advance(state.global_step - self._seen)
        self._seen = state.global_step

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._tracker.advance(0, note=f"AUC {kwargs['metrics']['eval_auc']:.4f}")


class StopOnInterrupt(TrainerCallback):
    """Ctrl-C ends training after the step in hand, with a checkpoint to resume from."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread may set signal handlers
            return
        before = signal.signal(signal.SIGINT, self._ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt  # twice means now
        self.asked = True

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self.asked:
            control.should_save = True
            control.should_training_stop = True
