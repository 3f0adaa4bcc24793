"""The costs of stages, and the machine that they ran on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stages.hybrid.ground import costs
from stages.hybrid.ground.costs import describe_machine, note, write_cost
from stages.hybrid.report.costs import read_costs


def test_a_cost_is_named_by_its_stage_s_script_and_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    started = datetime(2026, 11, 28, 9, 30, 5, 123, tzinfo=UTC)
    monkeypatch.setattr(costs, "_notes", [])  # other tests leave some
    note("computed by hand")
    write_cost(["encode", "base", "gnome"], started=started, commit="0123456789ab", seconds=1.5)
    (cost,) = read_costs()
    assert cost["notes"] == ["computed by hand"]
    assert (cost["stage"], cost["seconds"]) == ("encode base gnome", 1.5)
    assert (cost["started"], cost["commit"]) == ("2026-11-28T09:30:05+00:00", "0123456789ab")
    assert cost["peak_memory_gib"] > 0
    assert (tmp_path / "data" / "costs" / "encode_base_gnome.json").exists()


def test_the_machine_has_a_processor_cores_and_memory() -> None:
    machine = describe_machine()
    assert machine["processor"]
    assert machine["cores"] >= 1
    assert machine["memory_gib"] >= 1
    assert set(machine["packages"]) >= {"torch", "transformers"}
