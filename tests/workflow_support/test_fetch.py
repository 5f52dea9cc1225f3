"""Fetching: whole or not there, resumed where cut, verified, begun again where the remote file changed."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from fetch_file import fetch_file
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.servers import ThreadedFTPServer

from workflow_support.errors import InputError
from workflow_support.fetch import fetch

CONTENT = np.random.default_rng(7).bytes(1_000_003)
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()


class Remote:
    """A file on a local server, and how the server misbehaves."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.version: str | None = '"first"'
        self.cut_after: list[int] = []
        self.statuses: list[int] = []
        self.requested: list[tuple[str | None, int]] = []
        self.ranges_work = True
        self.tells_length = True
        self.url = ""

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        status = self.statuses.pop(0) if self.statuses else 200
        if status != 200:
            self.requested.append((handler.headers.get("Range"), status))
            handler.send_error(status)
            return
        wanted, same = handler.headers.get("Range"), handler.headers.get("If-Range") == self.version
        first = int(wanted[6:-1]) if wanted and same and self.ranges_work else 0
        status = 206 if first else 200
        if first >= len(self.content):
            status = 416
        self.requested.append((wanted, status))
        if status == 416:
            handler.send_error(416)
            return
        body = self.content[first:]
        handler.send_response(status)
        if first:
            handler.send_header("Content-Range", f"bytes {first}-{len(self.content) - 1}/{len(self.content)}")
        if self.version:
            handler.send_header("ETag", self.version)
        if self.tells_length:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: self.cut_after.pop(0)] if self.cut_after else body)


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    remote = Remote()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            remote.respond(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    remote.url = f"http://127.0.0.1:{server.server_port}/genome.fa"
    yield remote
    server.shutdown()
    server.server_close()


def assert_nothing_is_left(folder: Path) -> None:
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("checksum", [SHA256, MD5, SHA256.replace("a", "A"), None])
def test_a_file_comes_whole_and_alone(remote: Remote, tmp_path: Path, checksum: str | None) -> None:
    fetch_file(remote.url, checksum, tmp_path / "new" / "genome.fa")
    assert (tmp_path / "new" / "genome.fa").read_bytes() == CONTENT
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["genome.fa"]


def test_a_cut_transfer_is_resumed_where_it_ended(remote: Remote, tmp_path: Path) -> None:
    remote.cut_after = [300_000, 200_000]
    fetch(remote.url, tmp_path / "f", SHA256, pause_seconds=0)
    assert remote.requested == [(None, 200), ("bytes=300000-", 206), ("bytes=500000-", 206)]
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_later_run_resumes_what_an_earlier_one_left(remote: Remote, tmp_path: Path) -> None:
    remote.cut_after = [1000] * 5
    with pytest.raises(InputError, match="5 attempts"):
        fetch(remote.url, tmp_path / "f", SHA256, pause_seconds=0)
    assert not (tmp_path / "f").exists()
    assert (tmp_path / "f.partial").read_bytes() == CONTENT[:5000]
    remote.requested.clear()
    fetch(remote.url, tmp_path / "f", SHA256)
    assert remote.requested == [("bytes=5000-", 206)]
    assert [each.name for each in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_changed_remote_file_is_taken_from_its_beginning(remote: Remote, tmp_path: Path) -> None:
    remote.cut_after = [1000] * 5
    with pytest.raises(InputError):
        fetch(remote.url, tmp_path / "f", pause_seconds=0)
    remote.content, remote.version = CONTENT[::-1], '"second"'
    fetch(remote.url, tmp_path / "f")
    assert remote.requested[-1] == ("bytes=5000-", 200)
    assert (tmp_path / "f").read_bytes() == CONTENT[::-1]


@pytest.mark.parametrize("version", [None, 'W/"weak"'])
def test_without_a_strong_mark_of_the_version_nothing_is_resumed(
    remote: Remote, tmp_path: Path, version: str | None
) -> None:
    remote.version, remote.cut_after = version, [300_000]
    fetch(remote.url, tmp_path / "f", SHA256, pause_seconds=0)
    assert [wanted for wanted, _ in remote.requested] == [None, None]


def test_a_server_without_ranges_sends_all_of_it_again(remote: Remote, tmp_path: Path) -> None:
    remote.ranges_work, remote.cut_after = False, [300_000]
    fetch(remote.url, tmp_path / "f", SHA256, pause_seconds=0)
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_file_that_shrank_below_what_came_is_begun_again(remote: Remote, tmp_path: Path) -> None:
    remote.cut_after = [300_000]
    remote.statuses = [200, 503, 503, 503, 503]
    with pytest.raises(InputError):
        fetch(remote.url, tmp_path / "f", pause_seconds=0)
    remote.content = CONTENT[:1000]
    fetch(remote.url, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT[:1000]


def test_a_transfer_of_unknown_length_is_taken_as_it_comes(remote: Remote, tmp_path: Path) -> None:
    remote.tells_length = False
    fetch(remote.url, tmp_path / "f", SHA256)
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_busy_server_is_asked_again(remote: Remote, tmp_path: Path) -> None:
    remote.statuses = [503, 429]
    fetch(remote.url, tmp_path / "f", SHA256, pause_seconds=0)
    assert (tmp_path / "f").read_bytes() == CONTENT


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_reported_at_once(remote: Remote, tmp_path: Path, status: int) -> None:
    remote.statuses = [status] * 9
    with pytest.raises(InputError, match=str(status)) as caught:
        fetch(remote.url, tmp_path / "f")
    assert len(remote.requested) == 1
    assert remote.url in str(caught.value)
    assert caught.value.fix
    assert_nothing_is_left(tmp_path)


def test_one_corrupted_byte_is_caught_and_the_file_removed(remote: Remote, tmp_path: Path) -> None:
    remote.content = CONTENT[:500_000] + bytes([CONTENT[500_000] ^ 1]) + CONTENT[500_001:]
    for checksum in (SHA256, MD5):
        with pytest.raises(InputError, match="checksum") as caught:
            fetch(remote.url, tmp_path / "f", checksum)
        assert caught.value.allowed == checksum
        assert hashlib.new(checksum.split(":")[0], remote.content).hexdigest() in caught.value.found
        assert_nothing_is_left(tmp_path)


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "/etc/hostname", "s3://bucket/key", "http://", "http://host", "ftp://host/a%0ab"]
)
def test_other_addresses_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be fetched") as caught:
        fetch(url, tmp_path / "f")
    assert caught.value.fix
    assert_nothing_is_left(tmp_path)


@pytest.mark.parametrize("checksum", ["sha256:12", "sha1:" + "0" * 40, "0" * 64, "md5:" + "g" * 32])
def test_a_malformed_checksum_is_refused_before_anything_is_fetched(
    remote: Remote, tmp_path: Path, checksum: str
) -> None:
    with pytest.raises(InputError, match="checksum cannot be read"):
        fetch(remote.url, tmp_path / "f", checksum)
    assert remote.requested == []


def test_an_unreachable_server_is_reported_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(InputError, match="refused"):
        fetch("http://127.0.0.1:9/f", tmp_path / "f", pause_seconds=0)


def test_progress_is_logged_about_every_tenth(remote: Remote, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    remote.content = CONTENT * 10
    with caplog.at_level("INFO", logger="rc"):
        fetch(remote.url, tmp_path / "f")
    assert [record.args[1] for record in caplog.records] == list(range(10, 101, 10))


class FtpRemote:
    """A folder on a local FTP server that may cut transfers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.cut_after, self.restarts = folder, [], []
        self.url = ""


@pytest.fixture
def ftp_remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FtpRemote]:
    remote = FtpRemote(tmp_path_factory.mktemp("ftp"))
    (remote.folder / "genome.fa").write_bytes(CONTENT)

    class CuttingChannel(DTPHandler):
        def send(self, data: bytes) -> int:
            if remote.cut_after and self.tot_bytes_sent >= remote.cut_after[0]:
                del remote.cut_after[0]
                self.close()
                return 0
            return super().send(data)

    class Handler(FTPHandler):
        dtp_handler = CuttingChannel
        use_sendfile = False
        authorizer = DummyAuthorizer()

        def ftp_REST(self, line: str) -> None:  # noqa: N802
            remote.restarts.append(int(line))
            super().ftp_REST(line)

    Handler.authorizer.add_anonymous(str(remote.folder))
    server = ThreadedFTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"timeout": 0.05}, daemon=True)
    thread.start()
    remote.url = f"ftp://127.0.0.1:{server.address[1]}/genome.fa"
    yield remote
    server.close_all()
    thread.join(timeout=5)


def test_ftp_fetches_a_whole_file(ftp_remote: FtpRemote, tmp_path: Path) -> None:
    fetch(ftp_remote.url, tmp_path / "f", SHA256)
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert [each.name for each in tmp_path.iterdir()] == ["f"]


def test_ftp_resumes_a_cut_transfer(ftp_remote: FtpRemote, tmp_path: Path) -> None:
    ftp_remote.cut_after = [300_000]
    fetch(ftp_remote.url, tmp_path / "f", SHA256, pause_seconds=0)
    assert len(ftp_remote.restarts) == 1
    assert ftp_remote.restarts[0] >= 300_000
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_ftp_begins_a_changed_file_again(ftp_remote: FtpRemote, tmp_path: Path) -> None:
    ftp_remote.cut_after = [1] * 5
    with pytest.raises(InputError, match="5 attempts"):
        fetch(ftp_remote.url, tmp_path / "f", pause_seconds=0)
    assert (tmp_path / "f.partial").stat().st_size > 0
    ftp_remote.restarts.clear()
    (ftp_remote.folder / "genome.fa").write_bytes(CONTENT[:-1])
    fetch(ftp_remote.url, tmp_path / "f")
    assert ftp_remote.restarts == []
    assert (tmp_path / "f").read_bytes() == CONTENT[:-1]


def test_ftp_tells_a_missing_file_at_once(ftp_remote: FtpRemote, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="550"):
        fetch(ftp_remote.url + "x", tmp_path / "f")
    assert_nothing_is_left(tmp_path)
