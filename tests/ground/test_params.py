"""params.yaml as typed classes: what is refused and how, and the meaning of each field."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, model_validator

from stages.hybrid.all_params import SECTIONS, AllParams
from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.params import Params, Section, field_words, read_mapping


class Train(Section):
    """A section.

    Attributes:
        rate: how fast; above 0
        steps: how long, and a text that is so long that it continues in a second
            line; from 1
        ready: whether to begin
        names: of the runners
        weights: of the runners
    """

    rate: Annotated[float, Field(gt=0)]
    steps: Annotated[int, Field(ge=1)]
    ready: bool
    names: list[str]
    weights: dict[str, float]

    @model_validator(mode="after")
    def _check(self) -> "Train":
        if self.steps == 7:
            raise ValueError("steps is 7, expected another number")
        return self


class Reads(Params):
    """What a script reads."""

    train: Train
    seed: int


GOOD = "train: {rate: 1, steps: 2, ready: true, names: [a, b], weights: {x: 1}}\nseed: 3\nother: left alone\n"


def write(tmp_path: Path, text: str = GOOD) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_gets_its_parameters_typed_and_an_int_passes_as_a_float(tmp_path: Path) -> None:
    found = Reads.read(write(tmp_path))
    assert found.train == Train(rate=1.0, steps=2, ready=True, names=["a", "b"], weights={"x": 1.0})
    assert isinstance(found.train.rate, float) and found.seed == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rate: 1,", "rate: fast,", "train.rate is 'fast', expected a valid number"),
        ("rate: 1,", "rate: true,", "train.rate is True, expected a valid number"),
        ("rate: 1,", "rate: .nan,", "train.rate is nan, expected a finite number"),
        ("rate: 1,", "rate: 0,", "train.rate is 0, expected greater than 0"),
        ("steps: 2", "steps: 2.5", "train.steps is 2.5, expected a valid integer"),
        ("steps: 2", "steps: 0", "train.steps is 0, expected greater than or equal to 1"),
        ("steps: 2", "steps: 7", "train.steps is 7, expected another number"),
        ("ready: true", "ready: 1", "train.ready is 1, expected a valid boolean"),
        ("ready: true", "ready: yes", "train.ready is 'yes', expected a valid boolean"),
        ("[a, b]", "a", "train.names is 'a', expected a valid list"),
        ("[a, b]", "[a, 1]", r"train\.names\.1 is 1, expected a valid string"),
        ("{x: 1}", "[x]", r"train\.weights is \['x'\], expected a valid dictionary"),
        ("{x: 1}", "{1: 1}", r"train\.weights has the key 1, expected text; quote it"),
        ("steps: 2", "stps: 2", r"train\.steps is missing; is 'stps' meant\?"),
        ("steps: 2", "steps: 2, stps: 2", r"train\.stps is not a parameter; is 'steps' meant\?"),
        ("steps: 2", "steps: 2, zzz: 2", r"train\.zzz is not a parameter$"),
        (" ready: true,", "", "train.ready is missing; copy it from profiles/help.yaml"),
        ("train:", "traim:", r"train is missing; is 'traim' meant\?"),
        ("seed: 3", "seed: three", "seed is 'three', expected a valid integer"),
        (GOOD.splitlines()[0], "train: 5", "train is 5, expected a section with its parameters"),
    ],
)
def test_a_wrong_parameter_is_refused_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(UserError, match=message) as error:
        Reads.read(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_norwegian_is_a_language_and_a_number_with_an_exponent_is_a_number(tmp_path: Path) -> None:
    text = GOOD.replace("{x: 1}", "{no: 2, on: 1}").replace("rate: 1,", "rate: 2e-4,").replace("[a, b]", "[no, de]")
    found = Reads.read(write(tmp_path, text)).train
    assert (found.weights, found.rate, found.names) == ({"no": 2.0, "on": 1.0}, 0.0002, ["no", "de"])


@pytest.mark.parametrize(
    ("text", "message"), [("- 1", "holds a list"), ("a: [", "not valid YAML"), ("", "holds nothing")]
)
def test_a_file_that_holds_no_parameters_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_mapping(write(tmp_path, text))


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: !!python/object:os.system x\n", "a: *b\n"])
def test_a_repeated_key_a_python_object_or_a_missing_anchor_is_not_valid(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="not valid YAML"):
        read_mapping(write(tmp_path, text))


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read .*, expected a YAML file"):
        read_mapping(tmp_path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not found; run from the project's root"):
        read_mapping(tmp_path / "params.yaml")


def test_what_a_field_means_is_read_from_the_docstring() -> None:
    words = field_words(Train)
    assert words["rate"] == "how fast; above 0"
    assert words["steps"] == "how long, and a text that is so long that it continues in a second line; from 1"
    assert list(words) == list(Train.model_fields)


@pytest.mark.parametrize("kind", [AllParams, *SECTIONS.values()], ids=lambda kind: kind.__name__)
def test_every_parameter_has_a_line_in_its_class_s_docstring(kind: type[BaseModel]) -> None:
    words: dict[str, Any] = field_words(kind)
    assert list(words) == list(kind.model_fields)
    assert all(words.values())
