"""Typed settings from params.yaml, checked before any expensive work."""

import types
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from stages.hybrid.ground.errors import UserError

PARAMS = Path("params.yaml")

Settings = TypeVar("Settings")


def read_params(path: Path = PARAMS) -> dict[str, Any]:
    """Return the whole parameter file.

    Raises:
        UserError: the file is missing or is no YAML mapping.
    """
    try:
        params = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run from the project's root, where params.yaml lies") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: no valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(params, dict):
        raise UserError(f"{path}: holds a {type(params).__name__}, expected a mapping of sections")
    return params


def read_value(key: str, kind: type, path: Path = PARAMS) -> Any:
    """Return the top-level value ``key``, of type ``kind``.

    Raises:
        UserError: the key is missing or its value has another type.
    """
    params = read_params(path)
    if key not in params:
        raise UserError(f"{path}: has no key {key!r}; copy it from the profile in profiles/")
    return _checked(params[key], kind, f"{path}: {key}")


def read_settings(section: str, kind: type[Settings], path: Path = PARAMS) -> Settings:
    """Return section ``section`` as the dataclass ``kind``; every field must be there, and no other key.

    Raises:
        UserError: a key is missing or unknown, a value has the wrong type, or the dataclass refuses it.
    """
    values = read_value(section, dict, path)
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise UserError(f"{path}: {section}.{key} is no parameter; expected one of {', '.join(known)}")
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise UserError(f"{path}: {section}.{name} is missing; copy it from the profile in profiles/")
    checked = {name: _checked(value, hints[name], f"{path}: {section}.{name}") for name, value in values.items()}
    try:
        return kind(**checked)
    except UserError as error:
        raise UserError(f"{path}: {section}.{error}") from None


def _checked(value: Any, kind: Any, where: str) -> Any:
    """Return ``value`` as ``kind``; an int passes as a float, nothing else is converted."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        return _checked(value, next(arg for arg in args if arg is not type(None)), where)
    if origin in (list, tuple):
        if not isinstance(value, list):
            raise UserError(f"{where} is {value!r}, expected a list")
        items = [_checked(item, args[0], f"{where}[{i}]") for i, item in enumerate(value)]
        return tuple(items) if origin is tuple else items
    if origin is dict or kind is dict:
        if not isinstance(value, dict):
            raise UserError(f"{where} is {value!r}, expected a mapping")
        return {k: _checked(v, args[1], f"{where}.{k}") for k, v in value.items()} if args else value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise UserError(f"{where} is {value!r}, expected {kind.__name__}")
    return value
