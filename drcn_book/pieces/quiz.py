"""Pictures without their names, which the reader finds."""

from string import ascii_uppercase

import numpy as np

from .piece import Piece, figure, packed, png


class Quiz(Piece):
    """Which picture is which? Each has a letter, its error below it, and a choice of names.

    pictures: by name, luma (h, w), 0..255, in the order of their letters; the names to choose from
    are sorted. truth: (h, w), what errors are measured from.
    """

    name, script, title = "quiz", "quiz", "Which picture is which?"
    RANGE = 16  # levels of error that are shown, from black to white

    def __init__(self, pictures: dict[str, np.ndarray], truth: np.ndarray):
        self.pictures, self.truth = pictures, truth

    def _cards(self):
        """Of each picture its letter, its name, itself, and its error as it is shown."""
        for letter, (name, shown) in zip(ascii_uppercase, self.pictures.items(), strict=False):
            error = 127.5 + 127.5 * (shown - self.truth) / self.RANGE
            yield letter, name, shown, np.clip(error, 0, 255)

    @property
    def data(self) -> dict:
        keys = "letter", "answer", "shown", "error"
        cards = [
            dict(zip(keys, (letter, name, packed(shown), packed(error)), strict=True))
            for letter, name, shown, error in self._cards()
        ]
        return {"name": self.name, "names": sorted(self.pictures), "cards": cards}

    @property
    def still(self) -> str:
        rows = "".join(
            f"<div>{letter} {png(shown, letter)} {png(error, f'error of {letter}')}</div>"
            for letter, _, shown, error in self._cards()
        )
        which = ", which ".join(sorted(self.pictures))
        return figure(
            rows,
            f"Left the picture, right its error from -{self.RANGE} (black) to +{self.RANGE} levels "
            f"(white). Which of them is {which}?",
        )
