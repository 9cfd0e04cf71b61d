"""The command `drcn upscale`: where results go, what is said, and what happens when something is
wrong.
"""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from damaged import bad, good, mutated, png, saved, smooth
from formats import STORED, netpbm, tiff
from PIL import Image
from processes import ROOT, interpreter
from test_upscaling import TINY, randomised
from tqdm import tqdm

from drcn_book import batch, pictures, upscaling
from drcn_book.cli import main
from drcn_book.errors import PictureError, StorageError
from drcn_book.files import replacing, write_atomically
from drcn_book.images import luma, read_luma
from drcn_book.model import build
from drcn_book.upscaling import upscaler
from drcn_book.weights import save_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_weights(path, randomised(build(TINY), TINY), TINY)
    return str(path)


@pytest.fixture
def drcn(weights, tmp_path, monkeypatch, capfd):
    """Run `drcn upscale ...` in an empty folder: its exit status, standard output and error
    lines.
    """
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(["upscale", *map(str, arguments), "--weights", weights])
        said = capfd.readouterr()
        return status, said.out.splitlines(), said.err.splitlines()

    return run


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_picture_is_enlarged_beside_itself_and_it_is_said_how(drcn, tmp_path):
    write(tmp_path / "small.png", good()["rgb.png"])
    status, out, err = drcn("small.png")
    assert status == 0 and not err
    assert out[0].startswith("small.png 32x24 -> small_x2.png 64x48: tiny, 3 recursions, ")
    assert " s, " in out[0] and out[0].endswith(" megapixels/s")
    assert Image.open("small_x2.png").size == (64, 48)
    first = np.asarray(Image.open("small_x2.png"))
    for options in (["--recursions", 1], ["--self-ensemble"]):
        assert drcn("small.png", *options)[0] == 0
        assert (np.asarray(Image.open("small_x2.png")) != first).any()
    assert drcn("small.png", "--tile", 16)[0] == 0
    assert np.abs(np.asarray(Image.open("small_x2.png")).astype(int) - first).max() <= 1


def test_every_good_picture_comes_out_as_what_it_was(drcn, tmp_path):
    for name, content in good().items():
        write(tmp_path / "in" / name, content)
    status, out, err = drcn("in")
    assert status == 0 and not err and len(out) == len(good())
    assert files(tmp_path / "in_x2") == files(tmp_path / "in")
    for name in good():
        before, after = Image.open(tmp_path / "in" / name), Image.open(tmp_path / "in_x2" / name)
        assert after.size == (64, 48) and after.format == before.format
        assert after.mode == ("RGB" if before.mode == "P" else before.mode)


def test_folders_keep_their_structure_and_are_resumed(drcn, tmp_path):
    for name in ("a.png", "deep/b.png", "deep/deeper/c.jpg", "deep/notes.txt"):
        write(tmp_path / "in" / name, good()["rgb.jpg" if name.endswith("jpg") else "rgb.png"])
    assert drcn("in", "-o", "out")[0] == 0
    assert files(tmp_path / "out") == ["a.png", "deep/b.png", "deep/deeper/c.jpg"]
    stamp = (tmp_path / "out" / "a.png").stat().st_mtime_ns
    (tmp_path / "out" / "deep" / "b.png").unlink()
    write(tmp_path / "out" / "deep" / "deeper" / "c.jpg", b"half a file")
    status, out, err = drcn("in", "-o", "out")
    assert status == 0 and not err
    assert (
        out[0]
        == f"{os.path.join('in', 'a.png')}: {os.path.join('out', 'a.png')} is there already; "
        "delete it to make it anew."
    )
    assert sum("is there already" in line for line in out) == 1 and len(out) == 3
    assert (tmp_path / "out" / "a.png").stat().st_mtime_ns == stamp
    assert Image.open(tmp_path / "out" / "deep" / "deeper" / "c.jpg").size == (64, 48)


@pytest.mark.parametrize("suffix", sorted(pictures.FORMATS))
def test_results_of_any_size_are_found_done(tmp_path, monkeypatch, suffix):
    for name, pixels in (("small", smooth()), ("large", smooth(48, 64))):
        write(
            tmp_path / f"{name}{suffix}", saved(Image.fromarray(pixels), pictures.FORMATS[suffix])
        )
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    job = batch.Job(str(tmp_path / f"small{suffix}"), str(tmp_path / f"large{suffix}"))
    assert batch.is_done(job, 2) and not batch.is_done(job, 3)


@pytest.mark.skipif(os.name != "posix", reason="only there the system notes when a file came")
def test_a_picture_replaced_under_an_old_date_is_done_again(drcn, tmp_path):
    """As unzip, `cp -p` and `rsync -t` bring it; a picture that only its result follows is not."""
    write(tmp_path / "in" / "a.png", good()["rgb.png"])
    write(tmp_path / "in" / "b.png", good()["rgb.png"])
    assert drcn("in", "-o", "out")[0] == 0
    before = np.asarray(Image.open(tmp_path / "out" / "a.png")).astype(int)
    write(tmp_path / "in" / "a.png", saved(Image.fromarray(255 - smooth()), "PNG"))
    os.utime(tmp_path / "in" / "a.png", (1e9, 1e9))
    status, out, err = drcn("in", "-o", "out")
    assert status == 0 and not err
    assert ["is there already" in line for line in out[:2]] == [False, True]
    after = np.asarray(Image.open(tmp_path / "out" / "a.png"))
    assert after.shape == before.shape and np.abs(after - before).mean() > 20


def test_an_output_folder_inside_the_input_is_no_input(drcn, tmp_path):
    write(tmp_path / "a.png", good()["rgb.png"])
    for _ in range(2):
        assert drcn(".", "-o", "out")[0] == 0
    assert files(tmp_path) == ["a.png", "out/a.png"]


def test_several_folders_get_a_folder_each(drcn, tmp_path):
    for folder in ("one", "two"):
        write(tmp_path / folder / "a.png", good()["rgb.png"])
    assert drcn("one", "two/", "-o", "out")[0] == 0
    assert files(tmp_path / "out") == ["one/a.png", "two/a.png"]


def test_two_pictures_never_share_an_output(drcn, tmp_path):
    for folder in ("one", "two"):
        write(tmp_path / folder / "a.png", good()["rgb.png"])
    status, out, err = drcn("one/a.png", "two/a.png", "-o", "out")
    assert status == 1 and len(out) == 1 and "two/a.png: the output" in err[0]
    assert err[1:] == ["drcn: 1 of 2 done; left out: two/a.png."]


@pytest.mark.parametrize("output", ["a.png", "./a.png", ".", "link.png", "hard.png"])
def test_the_input_is_never_overwritten(drcn, tmp_path, output):
    write(tmp_path / "a.png", good()["rgb.png"])
    os.symlink("a.png", "link.png")
    os.link("a.png", "hard.png")
    status, out, err = drcn("a.png", "-o", output)
    assert status == 2 and not out
    assert err == ["drcn: a.png: the output would overwrite it; name another place with -o."]
    assert (tmp_path / "a.png").read_bytes() == good()["rgb.png"]


def test_nor_is_another_input(drcn, tmp_path):
    for name in ("a.png", "a_x2.png", "in/b.png", "in_x2/b.png"):
        write(tmp_path / name, good()["rgb.png"])
    status, out, err = drcn("a.png", "a_x2.png")
    assert status == 1 and len(out) == 1 and files(tmp_path)[1:3] == ["a_x2.png", "a_x2_x2.png"]
    assert err == [
        "drcn: a.png: the output would overwrite a_x2.png; name another place with -o.",
        "drcn: 1 of 2 done; left out: a.png.",
    ]
    status, out, err = drcn("in", "in_x2/b.png")
    assert (
        status == 1
        and len(err) == 2
        and "in/b.png: the output would overwrite in_x2/b.png" in err[0]
    )
    for name in ("a_x2.png", "in_x2/b.png"):
        assert (tmp_path / name).read_bytes() == good()["rgb.png"]


@pytest.mark.parametrize(
    "arguments, line",
    [
        ([""], '"": no such file.'),
        (["a.png", "-o", ""], '-o "": name a file, a folder, or - for standard output.'),
        (["/"], "/: has no name to call the output after; name a folder with -o."),
        (["no\npicture.png"], "no\\npicture.png: no such file."),
        (["\x1b[1m.png"], "\\x1b[1m.png: no such file."),
        (["x" * 5000 + ".png"], "x" * 5000 + ".png: File name too long."),
        (["a.png", "-o", "x" * 5000 + ".png"], "x" * 5000 + ".png: File name too long."),
    ],
    ids=range(7),
)
def test_odd_names_are_one_line(drcn, tmp_path, arguments, line):
    write(tmp_path / "a.png", good()["rgb.png"])
    assert drcn(*arguments) == (2, [], [f"drcn: {line}"])
    assert files(tmp_path) == ["a.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere take UTF-8 only")
def test_a_name_that_is_not_utf_8_does_not_stop_the_others(drcn, tmp_path):
    for name in (b"x\xe9.png", b"z.png"):
        write(tmp_path / "in" / os.fsdecode(name), good()["rgb.png"])
    status, out, err = drcn("in")
    assert (
        status == 0 and not err and len(out) == 2 and out[0].startswith("in/x\\udce9.png 32x24 -> ")
    )


def test_what_may_not_be_read_costs_only_itself(drcn, tmp_path, monkeypatch):
    """Tests may run as root, whom nothing is forbidden: so the refusals are made here."""

    def refusing(function):
        def guarded(path=".", *rest):
            if Path(os.fspath(path)).name == "locked":
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return function(path, *rest)

        return guarded

    for name in ("a.png", "in/b.png", "in/locked/c.png"):
        write(tmp_path / name, good()["rgb.png"])
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refusing(os.scandir))
        status, out, err = drcn("in", "in/locked")
        assert status == 1 and len(out) == 1
        assert err == [
            *["drcn: in/locked: Permission denied."] * 2,
            "drcn: 1 of 3 done; left out: in, in/locked.",
        ]
    with monkeypatch.context() as patch:
        patch.setattr(Path, "is_dir", refusing(Path.is_dir))
        status, out, err = drcn("locked", "a.png")
        assert status == 1 and len(out) == 1
        assert err == [
            "drcn: locked: Permission denied.",
            "drcn: 1 of 2 done; left out: locked.",
        ]
    with monkeypatch.context() as patch:
        patch.setattr(batch, "plan", refusing(batch.plan))
        patch.setattr(batch, "upscale", lambda *_, **__: batch.plan("in/locked"))
        assert drcn("a.png") == (2, [], ["drcn: in/locked: Permission denied."])


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_reader_may_stop_reading(weights, tmp_path):
    for name in "abcd":
        write(tmp_path / "in" / f"{name}.png", good()["rgb.png"])
    command = [sys.executable, "-m", "drcn_book", "upscale", "in", "--weights", weights]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait() == 141


def test_each_bad_picture_is_one_line_and_leaves_nothing(drcn, tmp_path):
    for name, content in bad().items():
        write(tmp_path / name, content)
        status, out, err = drcn(name, "-o", "out")
        assert status == 2 and not out and len(err) == 1 and err[0].startswith(f"drcn: {name}: "), (
            name,
            err,
        )
    for name in ("missing.png", "/nowhere/at/all.png", "text", "no\npicture.png"):
        status, out, err = drcn(name, "-o", "out")
        assert status == 2 and not out and len(err) == 1 and err[0].startswith("drcn: ")
    (tmp_path / "empty").mkdir()
    status, out, err = drcn("empty", "-o", "out")
    assert status == 2 and "empty: has no pictures" in err[0]
    assert not (tmp_path / "out").exists() or not files(tmp_path / "out")


def test_one_bad_picture_among_good_ones_costs_only_itself(drcn, tmp_path):
    write(tmp_path / "in" / "a.png", good()["rgb.png"])
    write(tmp_path / "in" / "b.jpg", bad()["truncated.jpg"])
    write(tmp_path / "in" / "c.png", good()["grey.png"])
    status, out, err = drcn("in")
    assert status == 1 and len(out) == 2 and len(err) == 2 and "b.jpg" in err[0]
    assert err[1] == "drcn: 2 of 3 done; left out: in/b.jpg."
    assert files(tmp_path / "in_x2") == ["a.png", "c.png"]
    write(tmp_path / "in" / "b.jpg", good()["rgb.jpg"])
    status, out, err = drcn("in")
    assert status == 0 and sum("is there already" in line for line in out) == 2


def test_no_error_of_one_picture_ends_the_others(drcn, tmp_path, monkeypatch):
    for name, height in (("a", 24), ("b", 25), ("c", 24)):
        write(tmp_path / "in" / f"{name}.png", saved(Image.fromarray(smooth(height)), "PNG"))
    enlarged = upscaling.Upscaler.enlarged
    monkeypatch.setattr(
        upscaling.Upscaler,
        "enlarged",
        lambda self, picture: enlarged(self, picture) if picture.size[1] == 24 else 1 / 0,
    )
    status, out, err = drcn("in")
    assert status == 1 and len(out) == 2
    assert err == [
        "drcn: in/b.png: cannot be enlarged (ZeroDivisionError: division by zero).",
        "drcn: 2 of 3 done; left out: in/b.png.",
    ]


def test_mutated_pictures_through_the_command(drcn, tmp_path, monkeypatch):
    monkeypatch.setattr(
        upscaling.Upscaler, "sharpen", lambda self, x: x
    )  # bicubic alone: reading and writing
    for name, content in mutated(1200, seed=5):  # are meant here
        write(tmp_path / "in" / name, content)
    status, out, err = drcn("in")
    assert err.pop().startswith(f"drcn: {len(out)} of 1200 done; left out: in/")
    err = [line for line in err if "left out of the result: " not in line]
    assert status == 1 and len(out) + len(err) == 1200 and len(out) >= 300
    assert all(line.startswith("drcn: in/") for line in err)
    assert len(files(tmp_path / "in_x2")) == len(out)
    for name in files(tmp_path / "in_x2"):
        assert not name.endswith(".part")


@pytest.mark.parametrize(
    "output, reason",
    [
        ("a.png/x.png", "cannot be written"),
        ("x.gif", "no format"),
        ("/proc/x.png", "cannot be written"),
    ],
)
def test_places_that_cannot_be_written(drcn, tmp_path, output, reason):
    write(tmp_path / "a.png", good()["rgb.png"])
    write(tmp_path / "b.png", good()["rgb.png"])
    status, out, err = drcn("b.png", "-o", output)
    assert status == 2 and not out and len(err) == 1 and reason in err[0]
    assert files(tmp_path) == ["a.png", "b.png"]


@pytest.mark.parametrize(
    "options, reason",
    [
        (["--scale", "3"], "was trained for x2"),
        (["--recursions", "9"], "recursions 1 to 3"),
        (["--tile", "2"], "--tile 2"),
    ],
)
def test_options_that_cannot_be(drcn, tmp_path, options, reason):
    write(tmp_path / "a.png", good()["rgb.png"])
    status, out, err = drcn("a.png", *options)
    assert status == 2 and not out and len(err) == 1 and reason in err[0]
    assert files(tmp_path) == ["a.png"]


def test_standard_input_and_output(weights, tmp_path):
    command = [sys.executable, "-m", "drcn_book", "upscale", "-", "--weights", weights]
    done = subprocess.run(command, input=png(smooth(kind="uint16")), capture_output=True)
    assert done.returncode == 0, done.stderr
    image = Image.open(io.BytesIO(done.stdout))
    assert image.size == (64, 48) and image.tile[0].args == "RGB;16B"
    assert done.stderr.decode().startswith("Standard input 32x24 -> - 64x48: tiny, 3 recursions")
    done = subprocess.run(command, input=b"nonsense", capture_output=True)
    assert done.returncode == 2 and not done.stdout
    assert (
        done.stderr.decode().startswith("drcn: Standard input: ") and done.stderr.count(b"\n") == 1
    )
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                command, input=good()["rgb.jpg"], stdout=full, stderr=subprocess.PIPE
            )
        assert done.returncode == 2 and done.stderr.decode().splitlines() == [
            "drcn: Standard output: cannot be written (No space left on device)."
        ]


def test_a_bar_shows_the_time_left(weights, monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(
        upscaler,
        "tqdm",
        lambda **options: tqdm(**{**options, "delay": 0, "mininterval": 0, "file": shown}),
    )
    picture = pictures.from_array(smooth(40, 60))
    upscaling.Upscaler(weights=weights, tile=16)(picture, "small.png")
    assert re.search(r"small\.png: +\d+%\|.*\| 0\.0/0\.0 MP, \d\d:\d\d left", shown.getvalue())


def test_recursions_of_little_weight_can_be_left_out(drcn, tmp_path):
    write(tmp_path / "a.png", good()["rgb.png"])
    made = []
    for weight in (0, 0.3):
        assert drcn("a.png", "--skip-below", weight)[0] == 0
        made.append(np.asarray(Image.open("a_x2.png")))
    assert (made[0] != made[1]).any()
    status, out, err = drcn("a.png", "--skip-below", 9)
    assert status == 2 and len(err) == 1 and "choose a smaller --skip-below" in err[0]


def test_standard_output_takes_one_picture(drcn, tmp_path):
    write(tmp_path / "a.png", saved(Image.fromarray(smooth()), "PNG"))
    assert drcn("a.png", "a.png", "-o", "-")[0] == 2
    assert drcn(".", "-o", "-")[0] == 2


def test_ray_does_the_same_and_a_rerun_only_what_is_missing(drcn, weights, tmp_path):
    python = interpreter("ray")
    backend = "tensorflow" if python == sys.executable else "jax"

    def on_ray(*arguments):
        done = subprocess.run(
            [python, "-m", "drcn_book", "upscale", *arguments, "--ray", "--weights", weights],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "KERAS_BACKEND": backend,
                "JAX_PLATFORMS": "cpu",
                "PYTHONPATH": str(ROOT),
            },
        )
        return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()

    for name in ("a.png", "deep/b.jpg", "c.png", "bad.png"):
        write(tmp_path / "in" / name, good()["rgb.jpg" if name.endswith("jpg") else "rgb.png"])
    write(tmp_path / "in" / "bad.png", bad()["truncated.png"])
    status, out, err = on_ray("in", "-o", "out")
    assert status == 1 and len(out) == 3 and len(err) == 2 and "bad.png: " in err[0], err
    assert files(tmp_path / "out") == ["a.png", "c.png", "deep/b.jpg"]
    drcn("in/a.png", "-o", "here.png")
    here, there = (np.asarray(Image.open(name)).astype(int) for name in ("here.png", "out/a.png"))
    assert np.abs(here - there).max() <= 1  # another backend may round otherwise
    (tmp_path / "out" / "c.png").unlink()
    write(tmp_path / "in" / "bad.png", good()["rgb.png"])
    status, out, err = on_ray("in", "-o", "out")
    assert status == 0 and sum("is there already" in line for line in out) == 2 and len(out) == 4, (
        err
    )
    assert files(tmp_path / "out") == ["a.png", "bad.png", "c.png", "deep/b.jpg"]


def test_without_ray_it_says_how_to_get_it(drcn, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    write(tmp_path / "a.png", good()["rgb.png"])
    status, out, err = drcn("a.png", "--ray")
    assert status == 2 and err == ["drcn: --ray needs Ray: pip install 'drcn-book[ray]'."]


def test_every_readable_picture_of_a_folder_is_done_or_named(drcn, tmp_path):
    image = Image.fromarray(smooth())
    kinds = {
        "a.png": "PNG",
        "b.jfif": "JPEG",
        "c.avif": "AVIF",
        "d.gif": "GIF",
        "f.jp2": "JPEG2000",
    }
    kinds |= {"g.tga": "TGA", "h.ppm": "PPM", "deep/a.gif": "GIF", "deep/a.png": "PNG"}
    for name, kind in kinds.items():
        write(tmp_path / "in" / name, saved(image, kind))
    status, out, err = drcn("in")
    assert status == 0 and not err and len(out) == len(kinds)
    expected = ["a.png", "b.png", "c.png", "d.png", "deep/a.gif.png", "deep/a.png"]
    assert files(tmp_path / "in_x2") == [*expected, "f.png", "g.png", "h.png"]
    write(tmp_path / "in" / "i.heic", b"\0\0\0\x18ftypheic" + bytes(300))
    status, out, err = drcn("in")
    assert status == 1 and len(out) == len(kinds) and "i.heic: is HEIC" in err[0]
    assert err[1] == f"drcn: {len(kinds)} of {len(kinds) + 1} done; left out: in/i.heic."


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_linked_folders_are_entered_once(drcn, tmp_path):
    write(tmp_path / "elsewhere" / "b.png", good()["rgb.png"])
    write(tmp_path / "in" / "a.png", good()["rgb.png"])
    os.symlink(tmp_path / "elsewhere", tmp_path / "in" / "linked")
    os.symlink(tmp_path / "in", tmp_path / "in" / "round")
    status, out, err = drcn("in")
    assert status == 0 and not err and files(tmp_path / "in_x2") == ["a.png", "linked/b.png"]


def test_what_cannot_be_kept_is_said_with_the_file(drcn, tmp_path):
    write(tmp_path / "a.jpg", saved(Image.fromarray(smooth()), "JPEG", comment=b"Hello"))
    status, out, err = drcn("a.jpg")
    assert status == 0 and not err
    status, out, err = drcn("a.jpg", "-o", "a.tif")
    assert status == 0 and err == ["drcn: a.jpg: left out of the result: the comment."]
    write(tmp_path / "t.tif", tiff(smooth(channels=1, kind="uint16") >> 4, 12, "L"))
    assert drcn("t.tif")[2] == ["drcn: t.tif: 12 bits a channel, scaled to 16."]


@pytest.mark.parametrize("output", ["new.2024/", "new.2024", "new/", "new", "there.png"])
def test_an_output_that_means_a_folder_is_one(drcn, tmp_path, output):
    (tmp_path / "there.png").mkdir()
    write(tmp_path / "a.png", good()["rgb.png"])
    status, out, err = drcn("a.png", "-o", output)
    assert status == 0 and not err and files(tmp_path / output) == ["a.png"]


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no such place here")
def test_the_device_of_standard_output_is_standard_output(weights, tmp_path):
    write(tmp_path / "a.png", good()["rgb.png"])
    command = [sys.executable, "-m", "drcn_book", "upscale", "a.png", "--weights", weights, "-o"]
    done = subprocess.run(
        [*command, "/dev/stdout"],
        cwd=tmp_path,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0 and Image.open(io.BytesIO(done.stdout)).size == (64, 48)
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(StorageError, match="no ordinary file"), replacing(tmp_path / "pipe.png"):
        pass
    assert (tmp_path / "pipe.png").is_fifo()


@pytest.mark.skipif(os.name == "nt", reason="a shell's way to close a stream")
def test_closed_standard_error_does_not_cost_the_picture(weights, tmp_path):
    write(tmp_path / "a.png", good()["rgb.png"])
    command = f"{sys.executable} -m drcn_book upscale a.png --weights {weights} 2>&-"
    done = subprocess.run(
        command,
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0 and Image.open(tmp_path / "a_x2.png").size == (64, 48)


def test_an_unwritable_place_is_found_before_the_network_is_called(drcn, tmp_path, monkeypatch):
    called = []
    sharpen = upscaling.Upscaler.sharpen
    monkeypatch.setattr(
        upscaling.Upscaler, "sharpen", lambda self, x: called.append(x) or sharpen(self, x)
    )
    write(tmp_path / "a.png", good()["rgb.png"])
    for place in ("a.png/x.png", "/proc/x.png"):
        status, out, err = drcn("a.png", "-o", place)
        assert status == 2 and len(err) == 1 and "cannot be written" in err[0] and not called
    assert drcn("a.png")[0] == 0 and called  # in a place that can be written, it is


@pytest.mark.skipif(os.name == "nt", reason="no locks there")
def test_what_a_killed_run_left_goes_and_what_a_living_one_writes_stays(tmp_path):
    dead, mine = tmp_path / ".x.png.999999999.part", tmp_path / ".x.png.notes.part"
    other = tmp_path / ".y.png.999999999.part"
    for path in (dead, mine, other):
        path.write_bytes(b"half")
    program = (
        "import sys; from drcn_book.files import replacing\n"
        "with replacing('x.png') as beside: print(beside, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as living:
        beside = tmp_path / living.stdout.readline().decode().strip()
        assert beside.exists() and not dead.exists()
        write_atomically(tmp_path / "x.png", b"whole")
        assert beside.exists()
        living.kill()
    assert beside.exists()
    write_atomically(tmp_path / "x.png", b"whole again")
    assert files(tmp_path) == sorted([mine.name, other.name, "x.png"])


def test_a_failed_result_leaves_no_new_folder(tmp_path):
    with pytest.raises(PictureError), replacing(tmp_path / "a" / "b" / "x.png") as beside:
        beside.write_bytes(b"half")
        raise PictureError("something is wrong")
    assert not list(tmp_path.iterdir())
    write_atomically(tmp_path / "a" / "b" / "x.png", b"whole")
    assert files(tmp_path) == ["a/b/x.png"]


@pytest.mark.parametrize("said", ['"channels_first"', '"channels_last"'])
def test_a_readers_keras_settings_change_nothing(said, weights, tmp_path):
    settings = '{"image_data_format": ' + said + ', "backend": "tensorflow", "floatx": "float16"}'
    write(tmp_path / "keras.json", settings.encode())
    write(tmp_path / "a.png", good()["rgb.png"])
    done = subprocess.run(
        [sys.executable, "-m", "drcn_book", "upscale", "a.png", "--weights", weights],
        cwd=tmp_path,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "KERAS_HOME": str(tmp_path)},
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert Image.open(tmp_path / "a_x2.png").size == (64, 48)


def test_every_command_reads_the_same_picture(tmp_path, capsys):
    """Upright, at its own depth, one page; and refuses the others with the same words."""
    from drcn_book import datasets

    sound = {
        "sideways.tif": tiff(STORED[6](smooth()), 8, "RGB", orientation=6),
        "deep.tif": tiff(smooth(kind="uint16"), 16, "RGB", planar=True),
        "grey.pgm": netpbm(smooth(channels=1, kind="uint16"), 65535, 5),
    }
    for name, content in {**sound, "pages.tif": bad()["pages.tif"]}.items():
        write(tmp_path / name, content)
    found, colours = datasets.pictures(tmp_path), datasets.colour_pictures(tmp_path)
    assert found.keys() == colours.keys() == {Path(name).stem for name in sound}
    with pytest.raises(PictureError) as error:
        pictures.read(tmp_path / "pages.tif")
    assert f"drcn: skipped {error.value}" in capsys.readouterr().err
    for name in sound:
        picture = pictures.read(tmp_path / name)
        assert picture.size == (32, 24)
        assert found[Path(name).stem].shape == colours[Path(name).stem].shape[:2] == (24, 32)
        with_luma = read_luma(tmp_path / name)
        assert (with_luma == found[Path(name).stem]).all()
    assert (colours["sideways"] == smooth()).all()
    assert np.abs(colours["deep"] - smooth(kind="uint16") / 257).max() <= 0.5
    assert (found["sideways"] == luma(smooth())).all()
