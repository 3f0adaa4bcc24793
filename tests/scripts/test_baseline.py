"""The parameters of the stage baseline."""

from pathlib import Path

import pytest

from stages.baseline import Reads
from stages.hybrid.ground.errors import UserError
from support.params import toy_params


def test_a_run_that_is_shorter_than_what_bias_counts_is_refused() -> None:
    params = toy_params()
    depth = params["measures"]["run_depth"]
    assert Reads.check(params | {"bias": {"top_k": depth}}, Path("params.yaml")).bias.top_k == depth
    message = rf"^params\.yaml: bias\.top_k is {depth + 1}, expected at most measures\.run_depth, {depth}; lower it"
    with pytest.raises(UserError, match=message):
        Reads.check(params | {"bias": {"top_k": depth + 1}}, Path("params.yaml"))
