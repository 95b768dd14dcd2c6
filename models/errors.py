"""What can go wrong with a text or a bundle.

UpstanderError            anything this project raises on purpose; its text says what to do next
├── TextError             the text cannot be scored                            (HTTP 422)
└── BundleError           the bundle cannot be served                          (refuses to start)
    ├── BundleMissing     no such folder, or a file of it is not there
    ├── BundleCorrupt     a file differs from its checksum, or cannot be read
    ├── BundleUnknown     a schema number, normaliser or field this version does not know
    ├── BundleExists      there is one already where one was to be written
    └── BundleMismatch    this machine does not reproduce the golden answers

A text never appears in a message: messages end up in logs.
"""


class UpstanderError(Exception):
    """Anything this project raises on purpose. The message tells the person what to do next."""


class TextError(UpstanderError):
    """The text cannot be scored: nothing is left of it after normalisation."""


class BundleError(UpstanderError):
    """The bundle cannot be served."""


class BundleMissing(BundleError):
    """The folder, or a file that it must hold, is not there."""


class BundleCorrupt(BundleError):
    """A file differs from its checksum or cannot be read."""


class BundleUnknown(BundleError):
    """The bundle was written for another version of this project."""


class BundleExists(BundleError):
    """There is a bundle already where one was to be written."""


class BundleMismatch(BundleError):
    """The golden texts got other scores here than where the bundle was made."""
