"""Options in any form that says a number."""

from ..errors import ConfigError


def whole(option: str, value) -> int | None:
    """A whole number in any form, such as 2, 2.0 or "2", or None; ConfigError names the option."""
    try:
        given = None if value is None else float(str(value))
        if given is None or given == int(given):
            return given if given is None else int(given)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ConfigError(f"{option} {_shown(value)}: must be a whole number.")


def number(value) -> float:
    """The value of --skip-below in any form that says a number; ConfigError for others."""
    try:
        return float(str(value))
    except ValueError:
        raise ConfigError(f"--skip-below {_shown(value)}: must be a number.") from None


def _shown(value):
    return " ".join(str(value).split())[:40]
