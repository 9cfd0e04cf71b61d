"""The registry, reading, splits, leaks, own folders, packs and augmented copies."""

import functools
import os
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from processes import write_pack

from drcn_book import datasets
from drcn_book.cli import main
from drcn_book.degradation import resize
from drcn_book.errors import DatasetError, StorageError
from drcn_book.images import eight_views, read_luma

TRAINING_SETS = [name for name, public in datasets.registry().items() if public.role == "training"]


@pytest.fixture
def no_sets(tmp_path, monkeypatch):
    """A data folder without any public set."""
    monkeypatch.setenv("DRCN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def folder(tmp_path):
    """A reader's own folder: colour, grey, 16 bits, transparency; one damaged, one no picture."""
    own, draw = tmp_path / "own", np.random.default_rng(0)
    own.mkdir()
    rgb = draw.integers(0, 256, (50, 60, 3), dtype="uint8")
    Image.fromarray(rgb).save(own / "colour.png")
    Image.fromarray(rgb[..., 0]).save(own / "grey.bmp")
    Image.fromarray(rgb[..., 0].astype("uint16") * 257).save(own / "deep.png")
    Image.fromarray(np.dstack([rgb, rgb[..., :1]])).save(
        own / "colour.webp", lossless=True, exact=True
    )
    (own / "cut.png").write_bytes((own / "colour.png").read_bytes()[:2000])
    (own / "text.jpg").write_text("no picture")
    (own / "notes.txt").write_text("ignored")
    return own


def need(*names):
    for name in names:
        if name not in datasets.present():
            pytest.skip(f"{name} is not in {datasets.data_dir()}: `drcn data fetch {name}`")


# The registry


def test_the_registry_is_whole():
    sets = datasets.registry()
    assert {name: len(public.files) for name, public in sets.items()} == {
        "Set5": 5,
        "Set14": 14,
        "B100": 100,
        "Urban100": 100,
        "T91": 91,
        "BSDS200": 200,
        "BSDS500test": 200,
        "DIV2Kgray": 170,
    }
    assert (
        tuple(name for name, public in sets.items() if public.role == "test") == datasets.TEST_SETS
    )
    for public in sets.values():
        assert list(public.files) == sorted(public.files) and public.licence and public.paper
        for file, (size, sha256) in public.files.items():
            assert size > 1000 and len(sha256) == 64 and int(sha256, 16)
            url = public.url(file)
            assert url.startswith("https://") and len(url.split("/")[5]) == 40, (
                "not pinned to a commit"
            )
    assert sets["Urban100"].url("img_001.png").endswith("/image_SRF_4/img_001_SRF_4_HR.png")


def test_the_networks_of_others_are_no_set_of_pictures(no_sets, capsys):
    """Each model file has its own address, pinned to a commit; "all" and the readers leave them."""
    models = datasets.fetchable()["peers"]
    assert set(datasets.fetchable()) - set(datasets.registry()) == {"peers"}
    assert len(models.files) == 11 and set(models.own) == set(models.files)
    for file, (size, sha256) in models.files.items():
        assert models.url(file).rpartition("/")[2] == file and size > 1000 and len(sha256) == 64
        assert models.url(file).startswith("https://") and len(models.url(file).split("/")[5]) == 40
    with pytest.raises(DatasetError, match="11 of 11 files .*`drcn data fetch peers` gets them"):
        datasets.files("peers")
    assert main(["data", "pack", "peers", str(no_sets / "x.zip")]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and "peers" not in datasets.note()


def test_no_file_is_in_a_training_and_a_test_set():
    sets = datasets.registry()
    hashes = {"test": set(), "training": set()}
    for public in sets.values():
        hashes[public.role] |= {sha256 for _, sha256 in public.files.values()}
    assert not hashes["test"] & hashes["training"]
    berkeley = [set(sets[name].files) for name in ("B100", "BSDS200", "BSDS500test")]
    assert len(set.union(*berkeley)) == sum(map(len, berkeley))


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/b.png", "..", ".x.png", "a\\b.png", "", "x\u0000.png"]
)
def test_a_hostile_file_name_is_refused(name, tmp_path, monkeypatch, capsys):
    (tmp_path / "sets.tsv").write_text(
        "set\trole\tlicence\tpaper\taddress\nToy\ttest\tfree\tnone\thttp://127.0.0.1:1/{file}\n"
    )
    (tmp_path / "registry.tsv").write_text(
        f"set\tfile\tbytes\tsha256\nToy\t{name}\t3\t{'0' * 64}\n"
    )
    monkeypatch.setattr(datasets.public, "TABLES", tmp_path)
    datasets.fetchable.cache_clear()
    try:
        assert main(["data", "fetch", "Toy"]) == 2
        error = capsys.readouterr().err
        assert repr(name) in error and "refused" in error and error.count("\n") == 1
        assert sorted(p.name for p in tmp_path.iterdir()) == ["registry.tsv", "sets.tsv"]
    finally:
        monkeypatch.undo()
        datasets.fetchable.cache_clear()


# Reading


def test_a_public_set_is_only_what_was_published(no_sets, capsys):
    with pytest.raises(
        DatasetError, match="5 of 5 files are missing .* `drcn data fetch Set5`"
    ) as caught:
        datasets.pictures("Set5")
    assert str(no_sets) in str(caught.value)
    (no_sets / "Set5").mkdir(parents=True)
    for file in datasets.registry()["Set5"].files:
        Image.new("RGB", (32, 32)).save(no_sets / "Set5" / file)
    with pytest.raises(DatasetError, match="baby.png: does not match its sha256"):
        datasets.pictures("Set5")
    assert main(["data", "verify"]) == 2
    out, err = capsys.readouterr()
    assert "Set5: 0 of 5" in out and "Set5/woman.png: does not match its sha256" in out
    assert "`drcn data fetch Set5`" in err


def test_present_sets_are_as_published():
    need("Set5")
    assert main(["data", "verify", "Set5"]) == 0
    pictures = datasets.pictures("Set5")
    assert list(pictures) == ["baby", "bird", "butterfly", "head", "woman"]
    assert pictures["woman"].shape == (344, 228) and pictures["woman"].dtype == np.float32
    assert datasets.pictures(datasets.data_dir() / "Set5").keys() == pictures.keys()


def test_div2kgray_is_mapped_to_studio_range(no_sets, monkeypatch):
    (no_sets / "DIV2Kgray").mkdir(parents=True)
    Image.fromarray(np.arange(256, dtype="uint8").reshape(16, 16)).save(
        no_sets / "DIV2Kgray" / "0004.png"
    )
    monkeypatch.setattr(datasets.loading, "faults", lambda name: {})
    monkeypatch.setitem(
        datasets.fetchable(),
        "DIV2Kgray",
        datasets.registry()["DIV2Kgray"]._replace(files={"0004.png": (1, "0")}),
    )
    luma = datasets.pictures("DIV2Kgray")["0004"]
    assert (luma.min(), luma.max()) == (16, 235) and np.array_equal(luma, np.round(luma))
    assert datasets.training_split("public").keys() == {"DIV2Kgray/0004"}


def test_unknown_names_are_errors(no_sets, capsys):
    for split in ("nonsense", "T91+nonsense", "no/such/folder"):
        with pytest.raises(DatasetError):
            datasets.training_split(split)
    assert main(["data", "fetch", "Set6"]) == 2
    assert "Unknown data set 'Set6': choose from Set5, Set14" in capsys.readouterr().err


# Own folders


def test_own_folders_are_read_and_what_cannot_be_read_is_named(folder, capsys):
    pictures = datasets.training_split(str(folder))
    assert {name.rpartition("/")[2] for name in pictures} == {
        "colour",
        "colour.webp",
        "deep",
        "grey",
    }
    assert all(p.shape == (50, 60) and p.dtype == np.float32 for p in pictures.values())
    grey = read_luma(folder / "grey.bmp")
    assert np.array_equal(pictures[f"{folder}/deep"], grey)
    assert np.array_equal(pictures[f"{folder}/colour.webp"], pictures[f"{folder}/colour"])
    *lines, last = capsys.readouterr().err.splitlines()
    assert last == "drcn: 4 of 6 done; left out: cut.png, text.jpg."
    assert [line.split(":")[1].split("/")[-1] for line in lines] == ["cut.png", "text.jpg"]
    datasets.training_split(str(folder))
    assert capsys.readouterr().err == ""  # said once
    assert all(line.startswith(f"drcn: skipped {folder}") for line in lines)


def test_a_folder_without_a_usable_picture_is_an_error(folder, tmp_path):
    for name in ("colour.png", "grey.bmp", "deep.png", "colour.webp"):
        (folder / name).unlink()
    with pytest.raises(DatasetError, match="none of the 2 pictures here can be read"):
        datasets.training_split(str(folder))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no pictures in this folder"):
        datasets.training_split(str(tmp_path / "empty"))


# Splits


def test_test_sets_are_never_trained_on():
    for name in datasets.TEST_SETS:
        by_path = str(datasets.data_dir() / name)
        for split in [name, f"Photos+{name}"] + [by_path] * (name in datasets.present()):
            with pytest.raises(DatasetError, match=f"{name} is a test set"):
                datasets.training_split(split)


def test_without_any_set_photographs_are_split(no_sets):
    trained, held_out = datasets.training_split("Photos"), datasets.validation_split("Photos")
    assert len(trained) == 6 and len(held_out) == 2 and not trained.keys() & held_out.keys()
    assert not datasets.leaks(trained, held_out)
    assert len(datasets.validation_split("own")) == 8
    assert len(datasets.validation_split()) == 8
    with pytest.raises(DatasetError, match="None of T91, BSDS200"):
        datasets.training_split("public")


def test_the_classic_split():
    need("T91", "BSDS200")
    trained, held_out = (
        datasets.training_split("T91+BSDS200"),
        datasets.validation_split("T91+BSDS200"),
    )
    assert len(trained) == 91 + 200 - 20 - 1 and len(held_out) == 20
    assert datasets.validation_split("Photos").keys() == {
        f"Photos/{name}" for name in datasets.HELD_OUT
    }
    assert (
        not trained.keys() & held_out.keys()
        and "BSDS200/302003" not in trained.keys() | held_out.keys()
    )
    by_path = datasets.training_split(str(datasets.data_dir() / "BSDS200"))
    assert by_path.keys() == datasets.training_split("BSDS200").keys(), (
        "a path leads around the split"
    )


def test_the_public_split_names_what_is_missing(capsys):
    need("T91")
    absent = [name for name in TRAINING_SETS if name not in datasets.present()]
    found = {name.split("/")[0] for name in datasets.training_split("public")}
    assert found == set(TRAINING_SETS) - set(absent)
    said = capsys.readouterr().err
    assert all(name in said for name in absent) and bool(said) == bool(absent)


# Leaks


def thumbnails(pictures):
    """All that `leaks` looks at; shrinking them again changes nothing."""
    return {name: resize(picture, 32, 32) for name, picture in pictures.items()}


@functools.cache
def split(name):
    """Training and validation pictures of a split, each as a thumbnail."""
    return (
        thumbnails(datasets.training_split(name)),
        thumbnails(datasets.validation_split(name)),
    )


@functools.cache
def berkeley():
    return thumbnails(datasets.pictures("BSDS200"))


@pytest.fixture(scope="module")
def tests():
    found = {
        f"{name}/{stem}": picture
        for name in datasets.TEST_SETS
        if name in datasets.present()
        for stem, picture in thumbnails(datasets.pictures(name)).items()
    }
    return found or pytest.skip(f"No test set is in {datasets.data_dir()}: `drcn data fetch Set5`")


def test_a_thumbnail_is_its_own_thumbnail():
    """So that the tests below may shrink each picture once."""
    small = thumbnails(datasets.photographs())
    for name, picture in thumbnails(small).items():
        np.testing.assert_array_equal(picture, small[name])


def test_the_known_leak_is_found(tests):
    need("Set5", "BSDS200")
    everything = {f"BSDS200/{stem}": picture for stem, picture in berkeley().items()}
    assert [pair[:2] for pair in datasets.leaks(everything, tests)] == [
        ("BSDS200/302003", "Set5/woman")
    ]


def test_the_correlations_that_chapter_2_quotes(tests):
    """To 0.01, wherever the sets are; with the test sets themselves for the pair they share."""
    need("Set5", "Set14", "BSDS200")
    trained = berkeley()
    small = {name: picture for name, picture in tests.items() if name.startswith("Set")}
    found = sorted(alike for *_, alike in datasets.leaks(trained, small, threshold=0.4))
    assert found[-1] == pytest.approx(0.97, abs=0.01) and found[-2] == pytest.approx(0.43, abs=0.01)
    assert sorted(alike for *_, alike in datasets.leaks(trained, tests, threshold=0.4))[-2] < 0.565
    (face,) = datasets.leaks({"head": tests["Set5/head"]}, {"face": tests["Set14/face"]})
    assert face[2] == pytest.approx(0.99, abs=0.01)

    def less_mean(pictures):
        stack = np.array([resize(picture, 32, 32) for picture in pictures.values()])
        return stack - stack.mean((1, 2), keepdims=True)

    ours, theirs = less_mean(trained).reshape(len(trained), -1), less_mean(small)
    views = [view.reshape(len(small), -1) for view in eight_views(theirs)]
    lengths = np.linalg.norm(ours, axis=1)[:, None] * np.linalg.norm(views[0], axis=1)
    alike = np.sort(np.max([ours @ view.T / lengths for view in views], axis=0).ravel())
    assert alike[-2] == pytest.approx(0.81, abs=0.01)


@pytest.mark.parametrize("name", ["Photos", "T91+BSDS200", "public"])
def test_no_test_picture_is_trained_or_validated_on(tests, name):
    need(*(["T91", "BSDS200"] if name != "Photos" else []))
    trained, held_out = split(name)
    assert not datasets.leaks(trained | held_out, tests)


def test_no_validation_picture_is_trained_on():
    need("T91", "BSDS200")
    assert not datasets.leaks(*split("public"))


def test_resized_flipped_turned_and_recoloured_copies_are_found():
    photographs = datasets.photographs()
    for view in range(8):
        for factor in (0.25, 0.7, 1.6):
            copies = {}
            for name, picture in photographs.items():
                height, width = (round(factor * side) for side in picture.shape)
                copies[name] = eight_views(0.7 * resize(picture, height, width)[None] + 30)[view][0]
            assert [pair[:2] for pair in datasets.leaks(copies, photographs)] == [
                (n, n) for n in photographs
            ]


# Packs and augmented copies


def test_a_pack_trains_as_the_set_does(no_sets, tmp_path, capsys):
    target = tmp_path / "deep" / "photos.zip"
    assert main(["data", "pack", "Photos", str(target)]) == 0
    assert f"--train-set {target}" in capsys.readouterr().out
    for split in (datasets.training_split, datasets.validation_split):
        packed, original = split(str(target)), split("Photos")
        assert packed.keys() == original.keys()
        assert all(np.array_equal(packed[name], original[name]) for name in original)
        assert all(picture.dtype == np.float32 for picture in packed.values())
    first = target.read_bytes()
    datasets.pack("Photos", target)
    assert target.read_bytes() == first and [p.name for p in target.parent.iterdir()] == [
        "photos.zip"
    ]


def test_a_pack_of_the_classic_split_is_small(tmp_path):
    need("T91", "BSDS200")
    assert datasets.pack("T91+BSDS200", tmp_path / "classic.zip").stat().st_size < 60e6
    assert len(datasets.training_split(str(tmp_path / "classic.zip"))) == 270
    assert len(datasets.validation_split(str(tmp_path / "classic.zip"))) == 20


def test_damaged_packs_are_named(no_sets, tmp_path):
    good = write_pack(tmp_path / "good.zip").read_bytes()
    bad = tmp_path / "bad.zip"
    middle = len(good) // 2
    for content in (b"", b"text", good[:middle], good[:middle] + b"????" + good[middle + 4 :]):
        bad.write_bytes(content)
        with pytest.raises(DatasetError, match="bad.zip: not a readable file of `drcn data pack`"):
            datasets.training_split(str(bad))
    random = np.random.default_rng(0)
    for _ in range(300):  # of its directory, at the end
        content = bytearray(good)
        content[-int(random.integers(1, 260))] = random.integers(256)
        bad.write_bytes(content)
        with suppress(DatasetError):
            datasets.training_split(str(bad))
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("../evil.png", b"x")
    with pytest.raises(DatasetError, match="not a readable file"):
        datasets.training_split(str(bad))
    with zipfile.ZipFile(bad, "w"):
        pass
    with pytest.raises(DatasetError, match="lacks training or validation"):
        datasets.training_split(str(bad))


def test_what_cannot_be_written_leaves_nothing(no_sets, tmp_path, folder):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError):
        datasets.pack("Photos", tmp_path / "file" / "x.zip")
    with pytest.raises(StorageError):
        datasets.augment(folder, tmp_path / "file" / "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "own"]


def test_an_augmented_copy_holds_eight_views_in_colour(folder, tmp_path, capsys):
    target = tmp_path / "augmented"
    assert main(["data", "augment", str(folder), str(target)]) == 0
    assert "32 pictures" in capsys.readouterr().out and len(list(target.iterdir())) == 32
    original = np.asarray(Image.open(folder / "colour.png"))
    for number, view in enumerate(eight_views(original[None])):
        assert np.array_equal(np.asarray(Image.open(target / f"colour-{number}.png")), view[0])
    assert Image.open(target / "grey-3.png").mode == "L"
    assert main(["data", "augment", str(folder), str(target)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["augmented", "own"]


def test_a_picture_of_16_bits_is_augmented_in_8(tmp_path):
    deep = np.tile(np.linspace(0, 65535, 64).astype("uint16"), (48, 1))
    (tmp_path / "deep").mkdir()
    Image.fromarray(deep).save(tmp_path / "deep" / "x.png")
    assert datasets.augment(tmp_path / "deep", tmp_path / "out") == 8
    assert np.array_equal(
        np.asarray(Image.open(tmp_path / "out" / "x-0.png")), np.round(deep / np.float32(257))
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf_8_goes_everywhere(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    name = tmp_path / "in" / os.fsdecode(b"a\xff$x^$.png")
    Image.fromarray(datasets.colour_pictures("Photos")["astronaut"][:64, :64]).save(name)
    inside = str(tmp_path / "in")
    for command in (
        ["data", "pack", inside, str(tmp_path / "x.zip")],
        ["inspect", str(name), "-o", str(tmp_path)],
        ["compare", str(name), "--side", "32", "-o", str(tmp_path)],
        ["evaluate", "--dataset", inside, "--scale", "2", "--save", str(tmp_path / "tables")],
    ):
        assert main(command) == 0, capsys.readouterr().err
    assert list(datasets.training_split(str(tmp_path / "x.zip"))) == [f"{inside}/a\\udcff$x^$"]
    assert "a\\udcff" in (tmp_path / "tables" / "pictures.csv").read_text()


def test_no_name_is_not_here(no_sets, tmp_path, capsys):
    for command in (
        ["data", "pack", "", str(tmp_path / "x.zip")],
        ["train", "--train-set", "Photos+"],
        ["data", "pack", "Photos", "."],
    ):
        assert main(command) == 2 and capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "x.zip").exists()


# The command


def test_list_shows_every_set_and_where_it_is_looked_for(no_sets, capsys):
    assert main(["data", "list"]) == 0
    out = capsys.readouterr().out
    for name, public in datasets.fetchable().items():
        line = next(line for line in out.splitlines() if line.startswith(name + " "))
        assert public.licence in line and str(len(public.files)) in line and " no " in line
    assert str(no_sets) in out and "Photos" in out


def test_the_note_says_what_is_used(no_sets):
    assert "none; the photographs in scikit-image serve" in datasets.note()
    (no_sets / "Set5").mkdir(parents=True)
    assert "Set5." in datasets.note() and "Not there: Set14" in datasets.note()


def test_the_data_folder_follows_the_environment_and_the_project(monkeypatch, tmp_path):
    monkeypatch.delenv("DRCN_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    assert datasets.data_dir() == Path(__file__).parents[1] / "data"
    monkeypatch.setattr(
        datasets.public,
        "__file__",
        str(tmp_path / "site-packages" / "drcn_book" / "datasets" / "public.py"),
    )
    assert datasets.data_dir() == Path("data")
    monkeypatch.setenv("DRCN_DATA_DIR", str(tmp_path))
    assert datasets.data_dir() == tmp_path


def test_a_folder_named_like_a_set_is_told_from_it(no_sets, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    os.mkdir("Photos")
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50), dtype="uint8")
    Image.fromarray(pixels).save("Photos/mine.png")
    assert datasets.pictures("./Photos").keys() == {"mine"} and capsys.readouterr().err == ""
    assert datasets.training_split("./Photos").keys() == {"./Photos/mine"}
    assert datasets.pictures("Photos").keys() == set(datasets.PHOTOGRAPHS)
    assert len(datasets.training_split("Photos")) == 6
    said = "drcn: Photos is taken for the set of that name; the folder here is ./Photos.\n"
    assert capsys.readouterr().err == said
