"""Parameters: params.yaml through one typed door. What is wrong with it is found before any expensive work."""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.hybrid.ground.errors import UserError

PARAMS = Path("params.yaml")
FIELD = re.compile(r"^        (\w+): (.+)$")  # a line under "Attributes:" in a class's docstring
MORE = re.compile(r"^ {12}(.+)$")  # its continuation


class Section(BaseModel):
    """A section of params.yaml. Every field must be there, and no other; nothing is converted but int to float.

    The docstring of a subclass says under "Attributes" what each field means, with its unit and range. These lines
    also stand in params.yaml and in the JSON schema.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Params(BaseModel):
    """The parameters that one script reads: a field for each top-level key of params.yaml that it needs."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False)

    @classmethod
    def read(cls, path: Path = PARAMS) -> Self:
        """Return the parameters in the file ``path``.

        Raises:
            UserError: the file is missing or is not a YAML mapping; a key is missing or unknown; a value has the wrong
                type or is out of range.
        """
        return cls.check(read_mapping(path), path)

    @classmethod
    def check(cls, values: dict[str, Any], source: Path) -> Self:
        """Return ``values`` as parameters; ``source`` is the file that an error names.

        Raises:
            UserError: a value is missing, unknown, of the wrong type or out of range.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise UserError(f"{source}: {_in_words(error.errors()[0], cls, values)}") from None


def read_mapping(path: Path) -> dict[str, Any]:
    """Return a YAML file that holds a mapping, read as DVC reads it (YAML 1.2: ``no`` is text, ``2e-4`` a number).

    Raises:
        UserError: the file is missing or is not a YAML mapping.
    """
    try:
        found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run from the project's root, where params.yaml lies") from None
    except (YAMLError, ValueError) as error:
        raise UserError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(found, dict):
        raise UserError(f"{path}: holds a {type(found).__name__}, expected a mapping of sections")
    return found


def field_words(kind: type[BaseModel]) -> dict[str, str]:
    """Return what the docstring of ``kind`` says of each field: the lines under "Attributes"."""
    words: dict[str, str] = {}
    _, _, listed = (kind.__doc__ or "").partition("Attributes:\n")
    for line in listed.splitlines():
        if match := FIELD.match(line):
            words[match[1]] = match[2]
        elif words and (match := MORE.match(line)):
            words[list(words)[-1]] += f" {match[1]}"
        elif line.strip():
            break
    return words


def _in_words(error: ErrorDetails, kind: type[Params], values: dict[str, Any]) -> str:
    """Return one of pydantic's errors as what was found, what was expected and what to do."""
    *above, last = (str(part) for part in error["loc"] if part != "[key]") if error["loc"] else [""]
    name = ".".join([*above, last])
    if error["type"] == "missing":
        there = values.get(above[0], {}) if above else values
        near = get_close_matches(last, map(str, there), n=1)
        hint = f"; is {near[0]!r} meant?" if near else "; copy it from profiles/help.yaml"
        return f"{name} is missing{hint}"
    if error["type"] == "extra_forbidden":
        section = kind.model_fields[above[0]].annotation if above else kind
        known = list(section.model_fields) if isinstance(section, type) and issubclass(section, BaseModel) else []
        near = get_close_matches(last, known, n=1)
        hint = f"; is {near[0]!r} meant?" if near else ""
        return f"{name} is not a parameter{hint}"
    if error["type"] == "value_error":  # raised by a check of ours over several fields
        return f"{name}.{error['ctx']['error']}"
    expected = error["msg"].removeprefix("Input should be ")
    if "[key]" in error["loc"]:
        return f"{'.'.join(above)} has the key {error['input']!r}, expected text; quote it"
    return f"{name} is {error['input']!r}, expected {expected}"
