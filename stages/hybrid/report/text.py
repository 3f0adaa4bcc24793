"""The whole report in reading order: the answer, then the evidence, then how the results were made."""

from collections.abc import Collection, Sequence

from stages.hybrid.report.answer import describe_answer
from stages.hybrid.report.background import describe_data, describe_index, describe_training
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.report.recipe import Recipe, describe_recipe
from stages.hybrid.report.results import describe_benchmark
from stages.hybrid.report.run_page import HOW_MADE
from stages.hybrid.retrieval.baselines import ADJUSTMENTS, MODEL_FREE

BASELINES = {
    "random": "passages in random order",
    "bm25": "BM25 over the subwords of the base encoder's tokenizer; one index for the pool of all languages",
    "fair": "by relevance, and at random among passages of equal relevance; only in the sections on language bias",
    "+centred": "the model's embeddings minus the mean embedding of their language in the benchmark",
    "+centred_training": "the model's embeddings minus the mean embedding of their language in training text",
    "+lir": "the model's embeddings without the main directions of their language in the benchmark (arXiv 2109.04727)",
}
HOW_TO_READ = (
    "A query looks for passages of its own language (monolingual), of one other language (cross-lingual), or of all "
    "languages ranked together (multilingual). A cell is one pair of query and passage language; in the "
    "multilingual setting, it is one query language. Its figure is the mean over its queries. The figures of a setting "
    "are means over its cells, so that every cell weighs the same.",
    "mAP, nDCG and recall are between 0 and 1, and larger is better. Rank distance is the rank of a query's last "
    "relevant passage minus that of its first, in the multilingual setting. It is "
    "smaller if no language is preferred, and also if ranking is better. No baseline except `fair` uses the relevance "
    "judgements of a benchmark.",
    "Intervals and tests are from a bootstrap. Each resample draws pages (in XQuAD-R and MLQA-R: paragraphs), then the "
    "questions of each drawn page. A question comes with all its translations in all cells. Intervals hold 95 % of the "
    "resamples. p is two-sided: twice the share of the resamples in which a difference has the other sign or is 0. "
    "`tables/summary.csv` has every figure. `questions` has the scores that intervals and tests are computed from.",
)


def describe_report(evidence: Evidence, recipe: Recipe | None = None) -> list[Block]:
    """Return the whole report. If ``recipe`` is given, its section follows the answer."""
    title = f"Monolingual, cross-lingual and multilingual retrieval: {evidence.profile}"
    blocks: list[Block] = [Heading(1, title), HOW_MADE, *describe_answer(evidence)]
    blocks += describe_recipe(recipe, curve=evidence.curve) if recipe else []
    for benchmark in evidence.benchmarks:
        blocks += describe_benchmark(evidence, str(benchmark))
    background = (describe_reading, describe_training, describe_data, describe_index)
    return blocks + [block for part in background for block in part(evidence)]


def describe_reading(evidence: Evidence) -> list[Block]:
    """Return the section on how to read the figures, and on what the baselines are."""
    unseen = sorted(set(evidence.by_language["query_lang"]) - set(evidence.languages))
    texts = map(Paragraph, HOW_TO_READ)
    baselines = describe_baselines(set(evidence.summary["system"]), unseen=unseen)
    return [Heading(2, "How to read the figures"), *texts, *baselines]


def describe_baselines(systems: Collection[str], *, unseen: Sequence[str] = ()) -> list[Block]:
    """Return a table of the baselines among ``systems``. The list is empty if there are none.

    ``unseen`` are the languages of the benchmarks that have no training text.
    """
    words = dict(BASELINES)
    if unseen:
        listed = ", ".join(unseen)
        words["+centred_training"] += f"; languages that training did not see ({listed}) take the mean of the others"
    names = [*MODEL_FREE, *(f"+{kind}" for kind in ADJUSTMENTS)]
    rows = [[name, words[name]] for name in names if any(system.endswith(name) for system in systems)]
    return [Table(["baseline", "what it is"], rows, text_columns=2)] if rows else []
