"""All that the page on the reproduction is written from, in one place."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from stages.hybrid.reproduction.kept import KeptRun


@dataclass(frozen=True)
class Findings:
    """All that the page is written from.

    Attributes:
        runs: The kept runs that are used.
        left_out: Those that are not, because another sampling lacks their seed.
        figures: The figures of every benchmark, columns as in `Judged`.
        claims: The table of `judge_claims`.
        tables: The paper's tables by number, as of `paper_table`.
        systems: The table of `system_table`.
        others: The table of `compare_with_base`.
        resources: The table of `group_table` by the resources of the query language.
        trained: The table of `group_table` by whether training saw the query language.
    """

    runs: Sequence[KeptRun]
    left_out: Sequence[KeptRun]
    figures: pd.DataFrame
    claims: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    systems: pd.DataFrame
    others: pd.DataFrame
    resources: pd.DataFrame
    trained: pd.DataFrame
