"""PSNR and SSIM by the field's protocol: rounded to 8 bits, borders shaved by the scale."""

import numpy as np

from .errors import PictureError

WINDOW = 11  # pixels: the side of SSIM's Gaussian window


def quantise(image: np.ndarray) -> np.ndarray:
    """Round to whole numbers and clip to 0..255: what an 8-bit file would hold, as float64."""
    return np.clip(np.round(image.astype("float64")), 0, 255)


def shave(image: np.ndarray, border: int) -> np.ndarray:
    """Cut `border` pixels off each side of an (h, w, ...) array; PictureError if none is left."""
    if min(image.shape[:2]) <= 2 * border:
        raise PictureError(
            f"A picture of {image.shape[1]}x{image.shape[0]} pixels has none inside a border of "
            f"{border}: take a larger one."
        )
    return image[border:-border, border:-border] if border else image


def psnr(truth: np.ndarray, output: np.ndarray, border: int = 0, rounded: bool = True) -> float:
    """Peak signal-to-noise ratio in dB, peak 255, of the rounded `output`; infinite if they are
    equal.

    truth, output: (h, w) or (h, w, channels), 0..255. rounded: False takes the output as it is.
    """
    error = shave(truth.astype("float64"), border) - shave(
        quantise(output) if rounded else output, border
    )
    mse = np.mean(error**2)
    return float(10 * np.log10(255**2 / mse)) if mse else float("inf")


def ssim(truth: np.ndarray, output: np.ndarray, border: int = 0) -> float:
    """Structural similarity (Wang et al., 2004): Gaussian 11x11 window of sigma 1.5, valid region
    only.

    PictureError if the window does not fit inside the border.
    """
    from skimage.metrics import structural_similarity

    height, width = shave(truth, border).shape[:2]
    if min(height, width) < WINDOW:
        raise PictureError(
            f"SSIM needs {WINDOW}x{WINDOW} pixels inside the border, and {width}x{height} are "
            "there: "
            "take a larger picture."
        )
    return float(
        structural_similarity(
            shave(truth.astype("float64"), border),
            shave(quantise(output), border),
            data_range=255,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            K1=0.01,
            K2=0.03,
        )
    )
