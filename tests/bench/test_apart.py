"""Work in processes of their own: turns, peaks of memory, errors. A process loads this module, so it stays light."""

from pathlib import Path

import numpy as np
import pytest

from stages.hybrid.bench.apart import LOG, Turns, peak_memory_gib, run_apart, started
from stages.hybrid.ground.errors import UserError


def two_pieces(turns: Turns, *, value: int) -> int:
    for _ in range(3):
        turns.next_piece()
    return 2 * value


def refuses(turns: Turns) -> None:
    raise UserError("nothing is there")


def breaks(turns: Turns) -> None:
    raise ValueError("broken")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("log")
def test_a_process_works_piece_by_piece_and_reports_its_own_peak_of_memory() -> None:
    ballast = np.ones(2**26)  # 0.5 GiB of this process, which is no part of the other's peak
    with started(two_pieces, value=21) as worker:
        worker.ready()
        assert min(worker.piece(), worker.piece()) >= 0
        outcome = worker.outcome()
    assert outcome.value == 42
    assert 0 < outcome.peak_gib < peak_memory_gib() - ballast.nbytes / 2**31


@pytest.mark.usefixtures("log")
def test_a_process_runs_to_its_end_without_turns() -> None:
    assert run_apart(two_pieces, value=1).value == 2


@pytest.mark.usefixtures("log")
def test_what_a_process_refuses_or_breaks_on_is_reported() -> None:
    with pytest.raises(UserError, match="nothing is there"):
        run_apart(refuses)
    with pytest.raises(RuntimeError, match="ValueError: broken"):
        run_apart(breaks)


def test_the_log_lies_in_the_data_folder() -> None:
    assert LOG.parts[0] == "data"  # which git ignores
