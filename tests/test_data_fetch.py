"""Fetching, from a real HTTP server on this machine: good, cut, wrong, slow, stalled and missing
files.
"""

import hashlib
import http.server
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from drcn_book import datasets
from drcn_book.cli import main

SETS = "set\trole\tlicence\tpaper\taddress\nToy\ttest\tfree\tnone\thttp://127.0.0.1:{}/{{file}}\n"
CONTENT = {f"{letter}.png": letter.encode() * 50_000 for letter in "abcdef"}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.strip("/")
        self.server.asked.append(name)
        behaviour = self.server.behaviour.get(name, "good")
        if isinstance(behaviour, list):
            behaviour = behaviour.pop(0) if behaviour else "good"
        content = CONTENT[name]
        if behaviour == "missing":
            return self.send_error(404)
        if behaviour == "wrong":
            content = b"?" + content[1:]
        if behaviour == "short":
            content = content[:-7]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if behaviour == "cut":
            content = content[:1234]
        for start in range(0, len(content), 5000):
            self.wfile.write(content[start : start + 5000])
            if behaviour == "slow":
                time.sleep(0.1)
            if behaviour == "stalled":
                self.server.released.wait(10)
                return

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server for a public set "Toy" of six files, and tables that point to it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.behaviour, server.released = [], {}, threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "sets.tsv").write_text(SETS.format(server.server_port))
    (tables / "registry.tsv").write_text(
        "set\tfile\tbytes\tsha256\n"
        + "".join(
            f"Toy\t{file}\t{len(data)}\t{hashlib.sha256(data).hexdigest()}\n"
            for file, data in CONTENT.items()
        )
    )
    monkeypatch.setattr(datasets.public, "TABLES", tables)
    monkeypatch.setattr(datasets.fetching, "RETRIES", 0)
    monkeypatch.setattr(datasets.fetching, "TIMEOUT", 0.5)
    monkeypatch.setenv("DRCN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    datasets.fetchable.cache_clear()
    server.folder, server.tables = tmp_path / "data" / "Toy", tables
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()
    monkeypatch.undo()
    datasets.fetchable.cache_clear()


def here(server):
    """What lies in the folder, after checking that every file under a name of the set is right."""
    found = {path.name: path.read_bytes() for path in server.folder.iterdir()}
    assert all(CONTENT[name] == content for name, content in found.items()), (
        "a wrong file under its name"
    )
    return sorted(found)


def test_good_files_are_fetched_once(server, capsys):
    assert main(["data", "fetch", "Toy"]) == 0
    assert "Toy: 6 files, all as published" in capsys.readouterr().out
    assert here(server) == server.asked == sorted(CONTENT)
    assert main(["data", "fetch", "all"]) == 0 and len(server.asked) == 6
    assert main(["data", "verify"]) == 0 and "Toy: 6 of 6" in capsys.readouterr().out


def test_models_come_from_addresses_of_their_own_and_only_by_name(server, tmp_path, capsys):
    """As the networks of others do: verified as pictures are, and no part of "all"."""
    with open(server.tables / "sets.tsv", "a") as sets:
        sets.write("nets\tmodel\tfree\tnone\t\n")
    content, address = CONTENT["b.png"], f"http://127.0.0.1:{server.server_port}/b.png"
    with open(server.tables / "registry.tsv", "a") as files:
        sha256 = hashlib.sha256(content).hexdigest()
        files.write(f"nets\tnet_x2.pb\t{len(content)}\t{sha256}\t{address}\n")
    header, *lines = (server.tables / "registry.tsv").read_text().splitlines()
    (server.tables / "registry.tsv").write_text("\n".join([f"{header}\taddress", *lines]))
    datasets.fetchable.cache_clear()
    assert main(["data", "fetch", "all"]) == 0 and server.asked == sorted(CONTENT)
    server.behaviour["b.png"] = "wrong"
    assert main(["data", "fetch", "nets"]) == 2
    assert "does not match its sha256: refused" in capsys.readouterr().err
    server.behaviour.clear()
    assert main(["data", "fetch", "nets"]) == 0 and server.asked[-1] == "b.png"
    assert datasets.files("nets") == [tmp_path / "data" / "nets" / "net_x2.pb"]
    assert datasets.files("nets")[0].read_bytes() == content
    assert main(["data", "verify"]) == 0 and "nets: 1 of 1 files" in capsys.readouterr().out


@pytest.mark.parametrize(
    "behaviour, said",
    [
        ("wrong", "does not match its sha256: refused"),
        ("short", "does not match its sha256: refused"),
        ("cut", "could not fetch c.png"),
        ("missing", "404"),
    ],
)
def test_bad_files_are_refused_and_the_others_fetched(server, behaviour, said, capsys):
    server.behaviour["c.png"] = behaviour
    assert main(["data", "fetch", "Toy"]) == 2
    error = capsys.readouterr().err
    assert said in error and "c.png" in error and error.count("drcn:") == 1
    assert here(server) == ["a.png", "b.png", "d.png", "e.png", "f.png"]
    assert main(["data", "verify", "Toy"]) == 2 and "Toy/c.png: missing" in capsys.readouterr().out
    server.behaviour.clear()
    server.asked.clear()
    assert main(["data", "fetch", "Toy"]) == 0
    assert server.asked == ["c.png"] and here(server) == sorted(CONTENT)


def test_a_spoilt_file_is_fetched_again_and_kept_until_then(server, capsys):
    assert main(["data", "fetch", "Toy"]) == 0
    (server.folder / "b.png").write_bytes(b"spoilt")
    server.behaviour["b.png"] = "wrong"
    assert main(["data", "fetch", "Toy"]) == 2
    assert (server.folder / "b.png").read_bytes() == b"spoilt"
    server.behaviour.clear()
    server.asked.clear()
    assert main(["data", "fetch", "Toy"]) == 0 and server.asked == ["b.png"]
    assert here(server) == sorted(CONTENT)


def test_a_passing_fault_is_tried_again(server, monkeypatch):
    monkeypatch.setattr(datasets.fetching, "RETRIES", 1)
    server.behaviour["a.png"] = ["cut"]
    assert main(["data", "fetch", "Toy"]) == 0
    assert server.asked[:2] == ["a.png", "a.png"] and here(server) == sorted(CONTENT)


def test_a_slow_server_is_waited_for(server):
    server.behaviour["d.png"] = "slow"  # as a whole longer than the time-out of 0.5 s
    began = time.monotonic()
    assert main(["data", "fetch", "Toy"]) == 0
    assert time.monotonic() - began > 0.5 and here(server) == sorted(CONTENT)


def test_a_stalled_server_is_given_up_and_the_download_goes_on_later(server, capsys):
    server.behaviour["c.png"] = "stalled"
    assert main(["data", "fetch", "Toy"]) == 2
    assert "Toy/c.png: no answer from http://127.0.0.1" in capsys.readouterr().err
    assert here(server) == ["a.png", "b.png"]
    server.behaviour.clear()
    server.asked.clear()
    assert main(["data", "fetch", "Toy"]) == 0
    assert server.asked == ["c.png", "d.png", "e.png", "f.png"] and here(server) == sorted(CONTENT)


def test_a_set_is_given_up_after_several_failures(server, capsys):
    server.behaviour = dict.fromkeys(CONTENT, "missing")
    assert main(["data", "fetch", "Toy"]) == 2
    assert "stopped there" in capsys.readouterr().err
    assert len(server.asked) == datasets.PATIENCE < len(CONTENT)


def test_no_server_at_all(server, capsys):
    (server.tables / "sets.tsv").write_text(SETS.format(1))
    datasets.fetchable.cache_clear()
    assert main(["data", "fetch", "Toy"]) == 2
    error = capsys.readouterr().err
    assert "no answer from http://127.0.0.1:1/a.png" in error and error.count("\n") == 1


def test_a_folder_that_cannot_be_written(server, capsys):
    server.folder.parent.mkdir()
    server.folder.write_text("a file in the way")
    assert main(["data", "fetch", "Toy"]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="sends signals of POSIX")
@pytest.mark.parametrize("blow", ["SIGINT", "SIGKILL"])
def test_an_interrupted_download_goes_on_where_it_stopped(server, blow):
    blow = getattr(signal, blow)
    server.behaviour["d.png"] = "stalled"
    code = (
        "import pathlib, signal, sys; from drcn_book import cli, datasets; "
        # a job in the background ignores the signal
        "signal.signal(signal.SIGINT, signal.default_int_handler); "
        "datasets.public.TABLES = pathlib.Path(sys.argv[1]); "
        "sys.exit(cli.main(['data', 'fetch', 'Toy']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(server.tables)], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while "d.png" not in server.asked and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(blow)
    _, error = process.communicate(timeout=30)
    assert process.returncode == (130 if blow == signal.SIGINT else -signal.SIGKILL)
    assert error.strip() == ("drcn: interrupted." if blow == signal.SIGINT else "")
    assert sorted(path.name for path in server.folder.glob("*.png")) == ["a.png", "b.png", "c.png"]
    server.behaviour.clear()
    server.asked.clear()
    assert main(["data", "fetch", "Toy"]) == 0
    assert server.asked == ["d.png", "e.png", "f.png"]
    assert all((server.folder / name).read_bytes() == content for name, content in CONTENT.items())
