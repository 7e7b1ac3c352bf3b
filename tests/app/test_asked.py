"""What a server may be started with: beyond this machine only behind a password or a provider of sign-ins."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from tests.app.kit import MAIN, opened

from stillroom.base.errors import InputError
from stillroom_app.serving.asked import PASSWORD, Asked, check, password_of
from stillroom_app.serving.provider import Provider
from stillroom_app.serving.provider import check as check_provider

SECRET = "twelve or more"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "lab.example.org"])
def test_beyond_this_machine_it_needs_a_password(host: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="anybody could use it") as refused:
        check(Asked(host, 0, tmp_path))
    assert f"--host {host}" in refused.value.where
    assert PASSWORD in refused.value.mend


def test_beyond_this_machine_it_warns(tmp_path: Path) -> None:
    (told,) = check(Asked("0.0.0.0", 0, tmp_path, SECRET))
    assert "other machines can reach this server" in told
    assert "not encrypted" in told
    assert check(Asked("127.0.0.1", 0, tmp_path)) == []


def test_a_password_comes_from_the_environment_or_a_file_and_no_job_inherits_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert password_of(None) == ""
    monkeypatch.setenv(PASSWORD, "from the environment")
    assert password_of(None) == "from the environment"
    assert PASSWORD not in os.environ
    monkeypatch.setenv(PASSWORD, "from the environment")
    (tmp_path / "file").write_text("from the file\n")
    assert password_of(tmp_path / "file") == "from the file"
    assert PASSWORD not in os.environ


@pytest.mark.parametrize("text", ["", "elevenchars", "x" * 1001])
def test_a_password_has_12_to_1000_characters_and_is_not_said(text: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(InputError, match="12 to 1000") as refused:
        password_of(tmp_path / "file")
    assert not text or text not in refused.value.sentence()


def test_a_password_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the password") as refused:
        password_of(tmp_path / "none")
    assert refused.value.where == str(tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"\xff" * 20)
    with pytest.raises(InputError, match="it is no text"):
        password_of(tmp_path / "bytes")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("", "everybody with an account at the provider of sign-ins could come in"),
        ('[stillroom]\npeople = ["ada@example.org"]\n', "a provider of sign-ins needs Authlib"),
    ],
)
def test_a_provider_is_looked_for_in_the_secrets_and_must_be_whole(tmp_path: Path, more: str, why: str) -> None:
    if find_spec("authlib") and more:
        pytest.skip("Authlib is installed")
    (tmp_path / ".streamlit").mkdir()
    text = f'[auth]\nredirect_uri = "http://localhost/oauth2callback"\ncookie_secret = "x"\n{more}'
    (tmp_path / ".streamlit" / "secrets.toml").write_text(text)
    words = [sys.executable, "-m", "stillroom_app", "--host", "0.0.0.0", "--port", "0", "--workspace", "runs"]
    found = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert found.returncode == 2
    assert why in found.stderr


class Somebody(dict[str, object]):
    """Who came by a provider."""

    @property
    def is_logged_in(self) -> bool:
        return bool(self)


@pytest.mark.parametrize(
    ("who", "title"),
    [({}, "Sign in to Stillroom"), ({"email": "eve@example.org"}, "This server is for others")],
)
def test_behind_a_provider_no_page_shows_anything_to_a_stranger(
    who: dict[str, object], title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom_app.components.door.provider", lambda: Provider((), ("ada@example.org",)))
    monkeypatch.setattr("streamlit.user", Somebody(who))
    at = AppTest.from_file(str(MAIN), default_timeout=60).run()
    assert [one.value for one in at.title] == [title]
    assert len(at.button) == 1
    assert not at.sidebar.children


def test_behind_a_provider_the_pages_open_to_those_who_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillroom_app.components.door.provider", lambda: Provider((), ("ada@example.org",)))
    monkeypatch.setattr("streamlit.user", Somebody(email="ada@example.org", email_verified=True))
    assert opened().sidebar.children


def test_a_provider_lets_in_whom_the_secrets_name_and_nobody_by_default() -> None:
    found = Provider((), ("Ada@example.org", "@lab.example.org"))
    assert found.admits("ada@example.org")
    assert found.admits("bob@lab.example.org", True)
    assert not found.admits("bob@lab.example.org", False)
    assert not found.admits("eve@evillab.example.org.evil")
    assert not found.admits("eve@x-lab.example.org".replace("@x-", "@x"))
    assert not found.admits(None)
    assert Provider((), ("*",)).admits(None)
    with pytest.raises(InputError, match="everybody with an account"):
        check_provider(Provider((), ()))


@pytest.mark.parametrize("name", ["", "http://lab.example.org", "*", "a b", "lab:8501", "lab/", "evil.example, lab"])
def test_a_name_to_answer_to_is_a_name_alone(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no name of a host"):
        check(Asked("127.0.0.1", 0, tmp_path, allowed=(name,)))
    assert check(Asked("127.0.0.1", 0, tmp_path, allowed=("lab.example.org", "lab_2", "fe80::1"))) == []


def test_an_address_that_is_not_of_this_machine_is_named(tmp_path: Path) -> None:
    for host, why in (("192.0.2.1", "cannot listen there"), ("", "no address to listen on")):
        with pytest.raises(InputError, match=why):
            check(Asked(host, 0, tmp_path, SECRET))


def test_a_workspace_that_may_not_be_written_to_is_served_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom_app.services.workspace.os.access", lambda path, mode: False)
    (told,) = check(Asked("127.0.0.1", 0, tmp_path))
    assert told.startswith("nothing can be kept, what is there can be read")


def test_where_a_browser_on_this_machine_finds_it(tmp_path: Path) -> None:
    found = [Asked(host, 0, tmp_path).url(8501) for host in ("127.0.0.1", "::1", "0.0.0.0", "::", "localhost")]
    assert found == [f"http://{host}:8501" for host in ("127.0.0.1", "[::1]", "127.0.0.1", "127.0.0.1", "localhost")]
