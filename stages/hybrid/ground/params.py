"""Reads params.yaml into typed classes. A wrong value is reported before any expensive work begins."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.hybrid.ground.errors import UserError

PARAMS = Path("params.yaml")


def _each_once(names: list[str]) -> list[str]:
    """Return ``names``, each of which names files.

    Raises:
        PydanticCustomError: Two are equal.
    """
    for place, name in enumerate(names):
        if name in names[:place]:
            raise PydanticCustomError("repeated", "each name once; remove one {name}", {"name": repr(name)})
    return names


Seed = Annotated[int, Field(ge=0)]
ProfileName = Annotated[str, Field(pattern=r"^\w+$")]
Names = Annotated[list[str], Field(min_length=1), AfterValidator(_each_once)]  # of training sets or benchmarks
Models = Annotated[list[Literal["base", "finetuned"]], Field(min_length=1), AfterValidator(_each_once)]
Precision = Literal["auto", "bfloat16", "float32"]

# in place of pydantic's texts, by the type of error
EXPECTED = {
    "model_type": "a section with its parameters",
    "string_pattern_mismatch": "text that matches {pattern}",
    "too_short": "a list of at least {min_length}",
}


class Section(BaseModel):
    """A section of params.yaml. It has all of the fields and no others. Only int is converted, to float.

    The docstring of a subclass says under "Attributes" what each field means, with its unit and range. The same lines
    are the comments of params.yaml and the descriptions in the JSON schema.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Params(BaseModel):
    """The parameters that one script reads: a field for each top-level key of params.yaml that it needs."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False)

    @classmethod
    def read(cls, path: Path = PARAMS) -> Self:
        """Return the parameters in the file ``path``.

        Raises:
            UserError: The file is missing or is not a YAML mapping, or a value is wrong as in `check`.
        """
        return cls.check(read_mapping(path), path)

    @classmethod
    def check(cls, values: dict[str, Any], source: Path) -> Self:
        """Return ``values`` as parameters. ``source`` is the file that an error names.

        Raises:
            UserError: A key is missing or unknown, or a value has the wrong type or is out of range.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise UserError(f"{source}: {_in_words(error.errors()[0], cls, values)}") from None


def check_apart(datasets: Iterable[str], benchmarks: Iterable[str]) -> None:
    """Check that no training set has the name of a benchmark, because raw files and counts are named after both.

    Args:
        datasets: Names of the training sets.
        benchmarks: Names of the benchmarks, and of the validation set.

    Raises:
        ValueError: One has.
    """
    if both := sorted({*datasets} & {*benchmarks}):
        raise ValueError(
            f"datasets has {both[0]!r}, which benchmarks or validation_set has too, expected different names; remove "
            "one, or give your own files two names in fetch.folders"
        )


def read_mapping(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file. As for DVC, this is YAML 1.2: ``no`` is text and ``2e-4`` a number.

    Raises:
        UserError: The file is missing or is not a YAML mapping.
    """
    try:
        found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; run from the project's root, which has params.yaml") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}), expected a YAML file") from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: not valid YAML ({' '.join(str(error).split())}); correct it") from None
    if not isinstance(found, dict):
        what = "nothing" if found is None else f"a {type(found).__name__}"
        raise UserError(f"{path}: holds {what}, expected lines such as `seed: 13`; compare it with profiles/help.yaml")
    return found


def _in_words(error: ErrorDetails, kind: type[Params], values: dict[str, Any]) -> str:
    """Return an error of pydantic in plain words: what was found, what was expected, what to do."""
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
    if error["type"] == "value_error":  # raised by a class's own check, such as `EncoderParams._check`
        return f"{name}{'.' if name else ''}{error['ctx']['error']}"
    ours = EXPECTED.get(error["type"], "").format(**error.get("ctx", {}))
    expected = ours or error["msg"].removeprefix("Input should be ")
    if "[key]" in error["loc"]:
        return f"{'.'.join(above)} has the key {error['input']!r}, expected text; quote it"
    return f"{name} is {error['input']!r}, expected {expected}"
