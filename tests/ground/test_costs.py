import time
from pathlib import Path

import pytest

from stages.hybrid.ground.costs import describe_machine, measured, read_costs


def test_a_script_s_cost_is_told_by_its_name_and_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    @measured
    def main(model: str, benchmark: str) -> None:
        time.sleep(0.01)

    main(model="base", benchmark="gnome")
    (cost,) = read_costs()
    assert cost["stage"] == "test_costs base gnome"
    assert 0.01 <= cost["seconds"] < 60
    assert cost["peak_memory_gib"] > 0


def test_a_script_that_fails_tells_no_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    @measured
    def main() -> None:
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        main()
    assert read_costs() == []


def test_the_machine_has_a_processor_cores_and_memory() -> None:
    machine = describe_machine()
    assert machine["processor"]
    assert machine["cores"] >= 1
    assert machine["memory_gib"] >= 1
    assert set(machine["packages"]) >= {"torch", "transformers"}
