"""The public sets downloaded: a file is there only when it is complete and as published."""

from pathlib import Path

from ..errors import DatasetError, StorageError
from .public import data_dir, public_set

# Of a download: retries of a file, seconds without a byte, failed files until the set is given up.
RETRIES, TIMEOUT, PATIENCE = 2, 30, 5


def fetch(name: str) -> Path:
    """Download what is missing or wrong of a public set into `data_dir()`; returns the set's
    folder.

    A file appears under its name only when it is complete and matches its sha256, so after an
    interruption the next call goes on where the last one stopped. DatasetError names the files that
    could not be had, and why.
    """
    import pooch
    from requests import ConnectionError, RequestException, Timeout
    from tqdm import tqdm

    pooch.get_logger().setLevel("WARNING")
    wanted, folder, failed = public_set(name), data_dir() / name, []
    store = pooch.create(
        folder,
        base_url="",
        retry_if_failed=RETRIES,
        registry={file: sha256 for file, (_, sha256) in wanted.files.items()},
        urls={file: wanted.url(file) for file in wanted.files},
    )
    with tqdm(total=wanted.bytes, desc=name, unit="B", unit_scale=True, disable=None) as bar:
        for file, (size, _) in wanted.files.items():
            try:
                store.fetch(file, downloader=pooch.HTTPDownloader(timeout=TIMEOUT))
            except (ConnectionError, Timeout) as error:
                raise DatasetError(
                    f"{name}/{file}: no answer from {wanted.url(file)} "
                    f"({type(error).__name__}). Try again: what is here stays."
                ) from None
            except RequestException as error:
                failed.append(f"{file} ({error})")
            except ValueError:
                failed.append(
                    f"{file} (what {wanted.url(file)} sends does not match its sha256: refused)"
                )
            except OSError as error:
                raise StorageError(f"{folder / file}: cannot be written ({error}).") from None
            bar.update(size)
            if len(failed) == PATIENCE:
                break
    if failed:
        raise DatasetError(
            f"{name}: could not fetch {'; '.join(failed)}"
            f"{'; stopped there' if len(failed) == PATIENCE else ''}."
        )
    return folder
