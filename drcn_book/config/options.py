"""Records of options: each field is checked, explained, and known by name."""

import functools
import typing
from dataclasses import asdict, field, fields
from math import inf

from ..errors import ConfigError


def option(default, what: str, **limits):
    """A field, its explanation, and what it may be: `choices`, or from `low` to `high`."""
    return field(default=default, metadata={"help": what, **limits})


class Options:
    """Base of the records: every field is checked when one is made; ConfigError names the field."""

    @classmethod
    @functools.cache
    def kinds(cls) -> dict[str, type]:
        """The type of each field: int, float, bool, str, or tuple[int, ...]."""
        hints = typing.get_type_hints(cls)
        return {entry.name: hints[entry.name] for entry in fields(cls)}

    def __post_init__(self):
        for entry in fields(self):
            name, kind, value = entry.name, self.kinds()[entry.name], getattr(self, entry.name)
            several = kind == tuple[int, ...]
            if several and not isinstance(value, tuple):
                raise ConfigError(f"{name} = {value!r}: must be a list of whole numbers.")
            for one in value if several else (value,):
                self._check(name, one, int if several else kind, entry.metadata)

    @staticmethod
    def _check(name, value, kind, limits):
        if "choices" in limits and value not in limits["choices"]:
            raise ConfigError(f"{name} = {value!r}: must be one of {', '.join(limits['choices'])}.")
        low, high = limits.get("low", -inf), limits.get("high", inf)
        kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        allowed = (int, float) if kind is float else (kind,)
        if (
            type(value) not in allowed
            or kind in (int, float)
            and not (low <= value <= high and abs(value) < inf)
        ):
            bounds = (f" of {low} or more" if low > -inf else "") + (
                f" and {high} or less" if high < inf else ""
            )
            raise ConfigError(f"{name} = {value!r}: must be {kinds[kind]}{bounds}.")

    @classmethod
    def from_dict(cls, values: dict):
        """The record with these values, the rest at its defaults; ConfigError for another field."""
        known = cls.kinds()
        for name in values:
            if name not in known:
                raise ConfigError(
                    f"Unknown option {name!r} of the {cls.section}: choose from {', '.join(known)}."
                )
        return cls(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in values.items()
            }
        )

    def to_dict(self) -> dict:
        """The values by name, as `from_dict` takes them; a tuple is a list, as in JSON."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }
