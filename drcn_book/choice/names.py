"""The names of the shipped weights that a quality stands for."""

# Sizes by falling wish: of those that are shipped for a scale, the first serves.
QUALITIES = {
    "fast": ("small", "compact"),
    "balanced": ("medium", "compact"),
    "best": ("large", "medium", "standard", "compact"),
}
REAL = ("real",)  # for real pictures there is one size, whatever the quality


def fitting(quality: str, scale: int, shipped: list[str]) -> dict[str, str]:
    """The names of the weights of a quality for an enlargement, by what they are for, "clean" or
    "real" pictures; without those of which none are shipped.
    """
    wanted = {"clean": QUALITIES[quality], "real": REAL}
    there = {
        kind: [name for size in sizes if (name := f"{size}-x{scale}") in shipped]
        for kind, sizes in wanted.items()
    }
    return {kind: names[0] for kind, names in there.items() if names}
