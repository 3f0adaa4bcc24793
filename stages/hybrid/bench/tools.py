"""Evaluation tools that our scoring is compared with; each takes dictionaries and finds the same mAP."""

import numpy as np

from stages.hybrid.ground.errors import UserError

TOOLS = ("ranx", "pytrec_eval", "ir_measures")
RANX = ["map", "ndcg@10", "mrr", "recall@100"]

Run = dict[str, dict[str, float]]  # score by query and passage
Qrels = dict[str, dict[str, int]]  # relevance by query and passage


def mean_map(tool: str, qrels: Qrels, run: Run) -> float:
    """Return the mean average precision, by a tool that also computes nDCG@10, MRR and recall@100.

    Raises:
        UserError: The tool is not installed.
    """
    compute = {"ranx": _ranx_map, "pytrec_eval": _pytrec_eval_map, "ir_measures": _ir_measures_map}
    try:
        return compute[tool](qrels, run)
    except ImportError:
        raise UserError(f"{tool} is not installed; run `pip install -r requirements-dev.txt`") from None


def _ranx_map(qrels: Qrels, run: Run) -> float:
    import ranx

    found = ranx.evaluate(ranx.Qrels(qrels), ranx.Run(run), RANX)
    return float(found["map"])


def _pytrec_eval_map(qrels: Qrels, run: Run) -> float:
    import pytrec_eval

    found = pytrec_eval.RelevanceEvaluator(qrels, {"map", "ndcg_cut_10", "recip_rank", "recall_100"}).evaluate(run)
    return float(np.mean([values["map"] for values in found.values()]))


def _ir_measures_map(qrels: Qrels, run: Run) -> float:
    from ir_measures import AP, RR, R, calc_aggregate, nDCG

    return float(calc_aggregate([AP, nDCG @ 10, RR, R @ 100], qrels, run)[AP])


def ranx_map_of_arrays(scores: np.ndarray, relevant: np.ndarray) -> float:
    """Return the mean average precision of full rankings by ranx, from arrays. ranx also finds what `mean_map` names.

    Args:
        scores: shape (queries, passages).
        relevant: bool, shape (queries, passages).

    Raises:
        UserError: The tool is not installed.
    """
    try:
        import ranx
    except ImportError:
        raise UserError("ranx is not installed; run `pip install -r requirements-dev.txt`") from None
    order = np.argsort(-scores, axis=1, kind="stable")
    run = np.stack([order.astype(float), np.take_along_axis(scores, order, axis=1)], axis=2)
    most = relevant.sum(axis=1).max()
    first = np.argsort(~relevant, axis=1, kind="stable")[:, :most]  # the relevant passages, then others of relevance 0
    qrels = np.stack([first.astype(float), np.take_along_axis(relevant, first, axis=1)], axis=2)
    return float(ranx.evaluate(qrels, run, RANX)["map"])
