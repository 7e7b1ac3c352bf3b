"""Downloads from a server on this machine: whole or not at all, and the same bytes as the first time."""

from __future__ import annotations

import hashlib
import io
import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stillroom.base.errors import InputError
from stillroom.base.events import Event
from stillroom.data import fetch as module
from stillroom.data.fetch import FetchError, fetch, folder_of, source_text
from stillroom.data.publishers import CATALOGUE, Archive, Publication

NAME = "test"


def packed(text: str = "1,2\n" * 50_000) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", text)
    return buffer.getvalue()


GOOD = packed()


class Publisher(ThreadingHTTPServer):
    """Serves what its `files` hold; a path in `short` breaks off half way."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {"/good.zip": GOOD}
        self.short: set[str] = set()
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.path in self.server.short else content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Publisher]:
    monkeypatch.setenv("STILLROOM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Publisher()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    offer(monkeypatch, server.url + "/good.zip")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def offer(monkeypatch: pytest.MonkeyPatch, url: str, sha256: str = "") -> None:
    archive = Archive(part="one", file="good.zip", url=url, sha256=sha256)
    page = "https://publisher.example/page"
    monkeypatch.setitem(CATALOGUE, NAME, Publication(name=NAME, page=page, archives=(archive,)))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_good_download_lies_whole_with_its_first_seen_checksum(publisher: Publisher, tmp_path: Path) -> None:
    heard: list[Event] = []
    (file,) = fetch(NAME, to=tmp_path / "to", emit=heard.append)
    assert file.file.read_bytes() == GOOD
    assert file.sha256 == hashlib.sha256(GOOD).hexdigest()
    assert (file.checksum, file.downloaded, file.size_bytes) == ("first seen now", True, len(GOOD))
    assert left(tmp_path / "to") == ["good.zip", "good.zip.lock.json"]
    assert json.loads((tmp_path / "to" / "good.zip.lock.json").read_text())["sha256"] == file.sha256
    progress = [event.data["done"] for event in heard]
    assert progress == sorted(progress) and progress[-1] == len(GOOD)
    assert {event.data["of"] for event in heard} == {len(GOOD)}


def test_what_lies_there_is_compared_and_not_fetched_again(publisher: Publisher, tmp_path: Path) -> None:
    fetch(NAME, to=tmp_path)
    (again,) = fetch(NAME, to=tmp_path)
    assert publisher.asked == ["/good.zip"]
    assert (again.checksum, again.downloaded) == ("as first seen", False)
    again.file.write_bytes(GOOD[:-1] + b"x")
    with pytest.raises(FetchError, match="no longer the one that was fetched"):
        fetch(NAME, to=tmp_path)


def test_an_archive_put_there_by_hand_is_taken_and_remembered(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "good.zip").write_bytes(GOOD)
    (file,) = fetch(NAME, to=tmp_path)
    assert (file.checksum, file.downloaded, publisher.asked) == ("first seen now", False, [])
    (tmp_path / "good.zip").unlink()
    (tmp_path / "good.zip.lock.json").unlink()
    (tmp_path / "good.zip").write_bytes(GOOD[:1000])
    with pytest.raises(FetchError, match="truncated or no zip"):
        fetch(NAME, to=tmp_path)


def test_a_stated_checksum_must_fit(publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, publisher.url + "/good.zip", hashlib.sha256(GOOD).hexdigest())
    (file,) = fetch(NAME, to=tmp_path / "fits")
    assert file.checksum == "stated by the publisher"
    offer(monkeypatch, publisher.url + "/good.zip", "0" * 64)
    with pytest.raises(FetchError, match=r"checksum does not fit.*the publisher states.*Nothing was kept"):
        fetch(NAME, to=tmp_path / "other")
    assert left(tmp_path / "other") == []


def test_a_file_that_the_publisher_changed_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    (file,) = fetch(NAME, to=tmp_path)
    file.file.unlink()
    publisher.files["/good.zip"] = packed("3,4\n")
    with pytest.raises(
        FetchError, match=r"checksum does not fit.*was seen at the first download.*good\.zip\.lock\.json"
    ):
        fetch(NAME, to=tmp_path)
    assert left(tmp_path) == ["good.zip.lock.json"]


def test_a_truncated_transfer_leaves_nothing(publisher: Publisher, tmp_path: Path) -> None:
    publisher.short.add("/good.zip")
    with pytest.raises(FetchError, match="broke off"):
        fetch(NAME, to=tmp_path)
    assert left(tmp_path) == []
    publisher.short.clear()
    assert fetch(NAME, to=tmp_path)[0].file.read_bytes() == GOOD


def test_a_login_page_is_no_archive(publisher: Publisher, tmp_path: Path) -> None:
    publisher.files["/good.zip"] = b"<html>please log in</html>"
    with pytest.raises(FetchError, match="no zip: a login page"):
        fetch(NAME, to=tmp_path)
    assert left(tmp_path) == []


def test_a_refusal_is_told_with_its_number(publisher: Publisher, tmp_path: Path) -> None:
    publisher.files.clear()
    with pytest.raises(FetchError, match="answered 404 Not Found"):
        fetch(NAME, to=tmp_path)
    assert left(tmp_path) == []


def test_without_network_it_says_what_to_put_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        offer(monkeypatch, f"http://127.0.0.1:{closed.getsockname()[1]}/good.zip")
        with pytest.raises(FetchError) as caught:
            fetch(NAME, to=tmp_path / "to")
    sentence = caught.value.sentence()
    assert "127.0.0.1 cannot be reached: there is no network" in sentence
    for part in (
        "good.zip",
        "https://publisher.example/page",
        str(tmp_path / "to"),
        f"test:{tmp_path / 'to' / 'good.zip'}",
    ):
        assert part in sentence
    assert caught.value.exit_code == 1 and left(tmp_path) == []


def test_a_stop_in_the_middle_leaves_nothing(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(NAME, to=tmp_path, emit=stop)
    assert left(tmp_path) == []


def test_a_damaged_lock_is_named(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "good.zip.lock.json").write_text("[]")
    with pytest.raises(InputError, match=r"no SHA-256.*good\.zip\.lock\.json"):
        fetch(NAME, to=tmp_path)


def test_a_set_in_parts_asks_for_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"21 parts.*--part U0101"):
        fetch("openpack", to=tmp_path)
    with pytest.raises(InputError, match=r"no part 'U0999'"):
        fetch("openpack", to=tmp_path, parts=("U0999",))
    chosen = CATALOGUE["openpack"].chosen(("U0209",))
    assert [archive.file for archive in chosen] == ["U0209.zip"]
    assert len(CATALOGUE["openpack"].chosen(("all",))) == 21
    assert source_text("openpack", tmp_path) == f"openpack:{tmp_path}"


def test_a_set_that_nobody_offers_is_refused() -> None:
    with pytest.raises(InputError, match=r"'factory' cannot be fetched.*dsads"):
        fetch("factory")


def test_every_offer_is_of_a_source_and_lies_at_its_publisher_s() -> None:
    import stillroom.data.sources
    from stillroom.data.source import SOURCES

    assert stillroom.data.sources
    for name, publication in CATALOGUE.items():
        assert name in SOURCES and publication.name == name
        assert publication.page.startswith("https://") and folder_of(name).name == name
        for archive in publication.archives:
            assert archive.url.startswith("https://") and archive.file.endswith(".zip") and "/" not in archive.file
    assert module.CATALOGUE is CATALOGUE
