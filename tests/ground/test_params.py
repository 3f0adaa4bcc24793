from dataclasses import dataclass
from pathlib import Path

import pytest

from stages.hybrid.ground.errors import UserError
from stages.hybrid.ground.params import read_params, read_settings, read_value


@dataclass(frozen=True)
class Settings:
    rate: float
    steps: int
    ready: bool
    names: list[str]
    weights: dict[str, float]

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise UserError(f"steps is {self.steps}, expected at least 1")


GOOD = "train: {rate: 1, steps: 2, ready: true, names: [a, b], weights: {x: 1}}\nseed: 3\n"


def write(tmp_path: Path, text: str = GOOD) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_section_becomes_its_dataclass_and_an_int_passes_as_a_float(tmp_path: Path) -> None:
    found = read_settings("train", Settings, write(tmp_path))
    assert found == Settings(1.0, 2, True, ["a", "b"], {"x": 1.0})
    assert isinstance(found.rate, float)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rate: 1,", "rate: fast,", "train.rate is 'fast', expected float"),
        ("rate: 1,", "rate: true,", "train.rate is True, expected float"),
        ("steps: 2", "steps: 2.5", "train.steps is 2.5, expected int"),
        ("ready: true", "ready: 1", "train.ready is 1, expected bool"),
        ("[a, b]", "a", "train.names is 'a', expected a list"),
        ("[a, b]", "[a, 1]", r"train.names\[1\] is 1, expected str"),
        ("{x: 1}", "[x]", r"train.weights is \['x'\], expected a mapping"),
        ("steps: 2", "stps: 2", "train.stps is no parameter; expected one of rate, steps"),
        (" ready: true,", "", "train.ready is missing"),
        ("steps: 2", "steps: 0", "train.steps is 0, expected at least 1"),
        ("train:", "training:", "has no key 'train'"),
    ],
)
def test_a_wrong_section_is_refused_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_settings("train", Settings, write(tmp_path, GOOD.replace(old, new)))


def test_a_top_level_value_is_checked_too(tmp_path: Path) -> None:
    assert read_value("seed", int, write(tmp_path)) == 3
    with pytest.raises(UserError, match="seed is 3, expected str"):
        read_value("seed", str, write(tmp_path))


@pytest.mark.parametrize(("text", "message"), [("- 1", "holds a list"), ("a: [", "no valid YAML"), ("", "NoneType")])
def test_a_file_that_holds_no_parameters_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_params(write(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not found; run from the project's root"):
        read_params(tmp_path / "params.yaml")
