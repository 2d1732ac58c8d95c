"""The lines of a file, plain, gzip or zstd, told apart by their first bytes, not by the name.

Called by `agents/cli/replay.py` and `agents/cli/compliance.py`. Knows bytes only. Real captures are untidy: a file may
end within a line, or within a compressed block; what is there is given, and `cut_off` says so.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import zstandard

from streams.errors import UserError

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes. A page of 500 posts with all expansions has some 2 MB; without a bound a file of zeros would fill memory."""
_BLOCK = 1 << 18
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""As Windows' shell writes what is sent to a file."""


class _Bytes(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class Capture:
    """An open file. Iterate once; each line comes without its end, the parts of one that is too long come apart."""

    def __init__(self, path: Path) -> None:
        """Raises `UserError` when the file cannot be read."""
        self._path = path
        self.cut_off = False
        """Whether a gzip file ended before its end mark; zstd leaves no trace of that but a last line that is cut."""
        try:
            self._file = path.open("rb")
            self.size = path.stat().st_size
            """Bytes on disk."""
            magic = self._file.read(4)
            self._file.seek(0)
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}") from None
        if magic[:2] in _UTF16:
            self._file.close()
            raise UserError(f"{path} is UTF-16: save it as UTF-8")
        self._stream: _Bytes = self._file
        if magic[:2] == _GZIP:
            self._stream = gzip.GzipFile(fileobj=self._file)
        elif magic == _ZSTD:
            self._stream = zstandard.ZstdDecompressor().stream_reader(self._file, read_across_frames=True)

    @property
    def position(self) -> int:
        """Bytes on disk read so far."""
        return self._file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        while block := self._read():
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line.removesuffix(b"\r")
            if len(rest) > LONGEST_LINE:
                yield rest
                rest = b""
        if rest:
            yield rest.removesuffix(b"\r")

    def _read(self) -> bytes:
        if self.cut_off:
            return b""
        try:
            return self._stream.read1(_BLOCK)
        except EOFError:
            self.cut_off = True  # what could be decoded has been given
            return b""
        except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
            raise UserError(f"{self._path}: damaged near byte {self.position}: {error}") from None
        except OSError as error:
            raise UserError(f"{self._path} cannot be read on: {error.strerror}") from None
