"""The errors of training.

UpstanderError
└── TrainingError         training cannot go on; the text says what to do
    ├── DataError         a data set is missing, changed, or has a row that cannot be read
    ├── LeakError         a text of a dev or test set is in the training data
    ├── RecipeError       a recipe has an unknown key or a value that makes no sense
    ├── BaseModelError    the encoder is not there, is not the expected one, or is not safetensors
    └── ParityError       the int8 graph judges worse than the trained model
"""

from upstander.models.errors import UpstanderError


class TrainingError(UpstanderError):
    """Training cannot go on. The message tells the person what to do next."""


class DataError(TrainingError):
    """A data set is missing, changed, or has a row that cannot be read. Names file and line."""


class LeakError(TrainingError):
    """A text of a dev or test set is in the training data. Lists the rows, never the texts."""


class RecipeError(TrainingError):
    """A recipe has an unknown key or a value that makes no sense."""


class BaseModelError(TrainingError):
    """The encoder is not there, is not the expected one, or is not stored as safetensors."""


class ParityError(TrainingError):
    """The int8 graph judges worse than the trained model, beyond chance."""
