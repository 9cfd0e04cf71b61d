"""One page about one network and one picture, to send to somebody."""

from html import escape

import numpy as np

from ..config import NetworkConfig
from ..errors import ConfigError
from ..inspection import Inspection
from ..views import player
from .in_page import Alone
from .probe import Probe


def whole_page(
    seen: Inspection, network, config: NetworkConfig, name: str, example: np.ndarray
) -> str:
    """The slider through the recursions, wipe and probe, and the network itself where it is small
    enough, in one HTML page that needs nothing else. example: (h, w, 3) 8-bit RGB, what the network
    is given first.
    """
    parts = [player(seen), "<h2>Pixel by pixel</h2>", Probe(seen, network, config).html]
    try:
        live = Alone(example, network, config, name).html
        parts += ["<h2>Your own pictures</h2>", live]
    except ConfigError as error:
        parts.append(f"<p>{escape(str(error))} The command drcn upscale runs it.</p>")
    title = escape(f"{name}, recursion by recursion")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,"><style>:root{color-scheme:light dark}'
        "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        f"</style></head><body><h1>{title}</h1>{''.join(parts)}</body></html>\n"
    )
