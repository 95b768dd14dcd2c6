"""Parquet files in S3-compatible storage, read as they are needed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.batch.parquet_rows import parquet_rows
from upstander.evaluation.batch.row import Columns, Format, Row, checked
from upstander.evaluation.errors import EvaluationError

SCHEME: Final = "s3://"
_ENDING: Final = ".parquet"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A Parquet file in a bucket. path: the bucket and the key."""

    path: str

    @property
    def name(self) -> str:
        """Its address."""
        return SCHEME + self.path

    def rows(self, columns: Columns) -> Iterator[Row]:
        """The rows of the file. Raises EvaluationError."""
        for row in parquet_rows(self._open(), self.name, columns):
            yield checked(row, columns)

    def count(self, columns: Columns) -> int | None:  # noqa: ARG002
        """The rows that the file says it has."""
        rows: int = self._open().metadata.num_rows
        return rows

    def fingerprint(self) -> object:
        """Address, size and time of the last change."""
        known = _storage().get_file_info(self.path)
        return [self.name, known.size, known.mtime_ns]

    def kind(self, columns: Columns) -> Format:  # noqa: ARG002
        """What is read of a bucket."""
        return "parquet"

    def files(self) -> Iterator[Path]:
        """None."""
        yield from ()

    def _open(self) -> Any:
        import pyarrow.parquet as pq
        from pyarrow import ArrowInvalid

        try:
            return pq.ParquetFile(_storage().open_input_file(self.path), pre_buffer=False)
        except (ArrowInvalid, OSError) as error:
            raise EvaluationError(
                f"{self.name} cannot be read as Parquet: {str(error).splitlines()[0]}"
            ) from error


def find_stored(address: str) -> list[StoredFile]:
    """The Parquet files of an address, a folder or a pattern, in order of the name.

    Raises EvaluationError if there are none, or the storage cannot be reached.
    """
    from pyarrow.fs import FileSelector, FileType

    path = address.removeprefix(SCHEME)
    fixed = path.partition("*")[0].partition("?")[0].partition("[")[0]
    folder = path if fixed == path else fixed.rpartition("/")[0]
    try:
        storage = _storage()
        found = [storage.get_file_info(folder)]
        if found[0].type != FileType.File:
            found = storage.get_file_info(
                FileSelector(folder, recursive=True, allow_not_found=True)
            )
    except OSError as error:
        raise EvaluationError(
            f"{address} cannot be reached: {str(error).splitlines()[0]}: look at AWS_ENDPOINT_URL, "
            "AWS_REGION and the keys"
        ) from error
    files = [
        StoredFile(info.path)
        for info in sorted(found, key=lambda info: str(info.path))
        if info.type == FileType.File
        and info.path.endswith(_ENDING)
        and not info.base_name.startswith((".", "_"))
        and (fixed == path or fnmatch(info.path, path))
    ]
    if not files:
        raise EvaluationError(f"{address}: no file under it ends in {_ENDING}")
    return files


def _storage() -> Any:
    """As the environment says: AWS_ENDPOINT_URL, AWS_REGION, keys or a role."""
    from pyarrow.fs import S3FileSystem

    # Arrow reads the rest of the environment by itself, but not the address.
    address = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not address:
        return S3FileSystem()
    scheme, _, place = address.rpartition("://")
    return S3FileSystem(endpoint_override=place.rstrip("/"), scheme=scheme or "https")
