"""Download a remote file with progress; a transfer that was cut is resumed, and the file is verified."""

from __future__ import annotations

import ftplib
import hashlib
import json
import os
import re
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import unquote, urlsplit

from tqdm import tqdm

from .disk_errors import disk_error
from .errors import InputError
from .job import logger

SCHEMES = ("http", "https", "ftp")
_BLOCK = 1 << 18
_TIMEOUT_SECONDS = 60
_ATTEMPTS = 5
_CHECKSUM = re.compile(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", re.IGNORECASE)
_RETRIED_STATUS = (408, 425, 429)  # besides every status from 500 on
_LOST = (OSError, HTTPException, EOFError, ftplib.Error)


class _Answer(NamedTuple):
    """The answer of a server: the bytes from ``offset`` on, the size of the whole file and a mark of its version."""

    content: BinaryIO
    offset: int
    size: int | None
    version: str | None


class _CutOffError(Exception):
    """A transfer ended before the whole file was received."""


def fetch(url: str, destination: str | Path, checksum: str | None = None, *, pause_seconds: float = 2.0) -> None:
    """Copy a remote file to ``destination``, which appears only when it is complete.

    A transfer that was cut leaves ``<destination>.partial``. The next attempt, in this run or a later one, resumes it
    if the server still has the same version.

    Parameters
    ----------
    url
        Address with http, https or ftp.
    destination
        Path of the copy.
    checksum
        ``sha256:<hex>`` or ``md5:<hex>`` of the file; None to skip the verification.
    pause_seconds
        Pause before the second attempt; it doubles with each further attempt.

    Raises
    ------
    InputError
        If the address cannot be used, the server refuses, all attempts fail, or the checksum does not match (the file
        is then removed).
    """
    destination = Path(destination)
    _require_address(url)
    _require_checksum(url, checksum)
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error, destination) or error from None
    partial = destination.with_name(destination.name + ".partial")
    version_file = destination.with_name(destination.name + ".partial.json")
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _transfer(url, partial, version_file)
            break
        except (_CutOffError, *_LOST) as error:
            if of_disk := _disk_error(error, partial):
                raise of_disk from None
            if _is_refusal(error):
                raise _refused(url, error) from None
            if attempt == _ATTEMPTS:
                raise _given_up(url, partial, error) from None
            reason = error
        logger.info("%s: %s; attempt %d of %d follows", url, reason, attempt + 1, _ATTEMPTS)
        time.sleep(pause_seconds * 2 ** (attempt - 1))
    version_file.unlink(missing_ok=True)
    if checksum:
        _verify(url, partial, checksum)
    partial.replace(destination)


def _transfer(url: str, partial: Path, version_file: Path) -> None:
    """Append the missing bytes to ``partial``, or start from the beginning if the server has another version."""
    have = partial.stat().st_size if partial.exists() else 0
    version = _known_version(url, version_file) if have else None
    # Without a mark of the version, the rest might belong to another version of the file.
    connect = _ftp_answer if urlsplit(url).scheme == "ftp" else _http_answer
    with connect(url, have if version else 0, version) as answer:
        if answer.offset:
            logger.info("%s: resumed after %s bytes", url, f"{answer.offset:,}")
        with partial.open("ab" if answer.offset else "wb") as out:
            # Written after the file was emptied, so that a new mark never accompanies bytes of an old version.
            version_file.write_text(json.dumps({"url": url, "version": answer.version}))
            for block in _with_progress(answer, partial.name.removesuffix(".partial")):
                out.write(block)
            received = out.tell()
            out.flush()
            os.fsync(out.fileno())
    if answer.size is not None and received != answer.size:
        raise _CutOffError(f"the transfer ended after {received:,} of {answer.size:,} bytes")


def _known_version(url: str, version_file: Path) -> str | None:
    try:
        known = json.loads(version_file.read_text())
        return known["version"] if known["url"] == url else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def _http_answer(url: str, have: int, version: str | None) -> Iterator[_Answer]:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})
    if have:
        # RFC 9110, 13.1.5: the server sends the rest if the file is still this version, otherwise all of it.
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", version)
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if not (have and error.code == 416):
            raise
        # The server has no bytes beyond ours, so ours are not the beginning of its file: request all of it.
        request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    with response:
        etag = response.headers.get("ETag")
        # A weak tag does not guarantee equal bytes.
        mark = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")
        length = response.headers.get("Content-Length")
        offset = 0
        if response.status == 206:
            sent = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
            if not sent or int(sent[1]) != have:
                raise _CutOffError("the server sent another part of the file than was asked for")
            offset = have
        yield _Answer(response, offset, None if length is None else offset + int(length), mark)


@contextmanager
def _ftp_answer(url: str, have: int, version: str | None) -> Iterator[_Answer]:
    address = urlsplit(url)
    path = unquote(address.path).removeprefix("/")
    with ftplib.FTP(timeout=_TIMEOUT_SECONDS) as server:
        server.connect(address.hostname, address.port or ftplib.FTP_PORT)
        server.login(unquote(address.username or "anonymous"), unquote(address.password or "anonymous@"))
        server.voidcmd("TYPE I")
        size, modified = _ftp_size(server, path), _ftp_modified(server, path)
        mark = modified and f"{modified} {size}"
        offset = have if mark == version else 0
        with (
            server.transfercmd(f"RETR {path}", rest=offset or None) as connection,
            connection.makefile("rb") as content,
        ):
            yield _Answer(content, offset, size, mark)
        if size is None:
            # Without a size, only the server's closing reply confirms that the file is complete.
            server.voidresp()


def _ftp_size(server: ftplib.FTP, path: str) -> int | None:
    try:
        return server.size(path)
    except ftplib.error_perm:
        return None


def _ftp_modified(server: ftplib.FTP, path: str) -> str | None:
    try:
        return server.voidcmd(f"MDTM {path}")
    except ftplib.error_perm:
        return None


def _with_progress(answer: _Answer, name: str) -> Iterator[bytes]:
    """Yield the blocks of an answer, with a progress bar on a terminal and otherwise a log message per tenth."""
    received, reported = answer.offset, 10 * answer.offset // (answer.size or 1)
    on_terminal = sys.stderr.isatty()
    with tqdm(
        desc=name, total=answer.size, initial=answer.offset, unit="B", unit_scale=True, disable=not on_terminal
    ) as bar:
        while block := answer.content.read(_BLOCK):
            yield block
            bar.update(len(block))
            received += len(block)
            if answer.size and not on_terminal and 10 * received // answer.size > reported:
                reported = 10 * received // answer.size
                logger.info("%s: %d %% of %s bytes", name, 10 * reported, f"{answer.size:,}")


def _verify(url: str, partial: Path, checksum: str) -> None:
    algorithm, _, expected = checksum.lower().partition(":")
    with partial.open("rb") as content:
        found = hashlib.file_digest(content, algorithm).hexdigest()
    if found != expected:
        partial.unlink()
        raise InputError(
            "the file is not the one that its checksum names; it was removed",
            file=url,
            found=f"{algorithm}:{found}",
            allowed=checksum,
            fix="run again if the transfer may have been damaged; otherwise check the source and correct `checksum:`",
        )


def _require_address(url: str) -> None:
    address = urlsplit(url)
    is_printable = unquote(url).isprintable() and " " not in url
    if address.scheme not in SCHEMES or not address.hostname or not address.path.strip("/") or not is_printable:
        raise InputError(
            "the address cannot be fetched",
            found=repr(url),
            allowed="http://, https:// or ftp:// with a host and the path of a file, spaces written %20",
            fix="correct the location, or give the path of a local file",
        )


def _require_checksum(url: str, checksum: str | None) -> None:
    if checksum and not _CHECKSUM.fullmatch(checksum):
        raise InputError(
            "the checksum cannot be read",
            file=url,
            found=repr(checksum),
            allowed="sha256:<64 hexadecimal digits> or md5:<32 hexadecimal digits>",
            fix="write the kind before the digits, or leave out `checksum:`",
        )


def _disk_error(error: BaseException, partial: Path) -> InputError | None:
    """The message for a failure of the local disk, where another attempt is useless; None if the network failed."""
    is_of_network = isinstance(error, urllib.error.URLError | HTTPException | EOFError | ftplib.Error | _CutOffError)
    return None if is_of_network else disk_error(error, partial)


def _is_refusal(error: BaseException) -> bool:
    """True if the server would answer the same request in the same way again."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code < 500 and error.code not in _RETRIED_STATUS
    if isinstance(error, urllib.error.URLError):
        return isinstance(error.reason, ssl.SSLCertVerificationError)
    return isinstance(error, ftplib.error_perm)


def _refused(url: str, reason: BaseException) -> InputError:
    return InputError(
        "the server refuses to send the file",
        file=url,
        found=reason,
        allowed="a public file",
        fix="correct the location, or download the file in another way and give its path",
    )


def _given_up(url: str, partial: Path, reason: BaseException) -> InputError:
    return InputError(
        f"the file could not be fetched in {_ATTEMPTS} attempts",
        file=url,
        found=reason,
        allowed="a complete transfer",
        fix=f"run again later; the bytes received are kept as {partial} and the transfer is resumed",
    )
