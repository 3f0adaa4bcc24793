"""The whole report, as blocks in reading order."""

from stages.hybrid.report.background import describe_costs, describe_data, describe_index, describe_training
from stages.hybrid.report.evidence import Evidence
from stages.hybrid.report.pages import Block, Heading, Paragraph, Table
from stages.hybrid.report.results import describe_benchmark
from stages.hybrid.retrieval.baselines import ADJUSTMENTS

SYSTEMS = {
    "random": "passages ranked by chance",
    "bm25": "BM25 over the subwords of the base encoder's tokenizer, one index for the pool of all languages",
    "+centred": "the model's embeddings less their language's mean over the benchmark's own unlabelled text",
    "+centred_training": "less their language's mean over training text",
    "+lir": "less their projection on the main directions of their language in the benchmark's own unlabelled text "
    "(arXiv 2109.04727)",
}


def describe(evidence: Evidence) -> list[Block]:
    """Return the whole report."""
    blocks: list[Block] = [
        Heading(1, f"Monolingual, cross-lingual and multilingual retrieval: {evidence.profile}"),
        Paragraph(
            "Queries of one language look for passages of the same language (monolingual), of one other language "
            "(cross-lingual), or of all languages ranked together (multilingual). The figure of a language pair is the "
            "mean over its queries, and the figures below are means over pairs, so that every pair weighs the same. "
            "One run with one seed: a difference without a test of significance is a lead, not a result. In brackets: "
            "95 % intervals over questions; `summary.csv` has them for every figure of a model and for the headline "
            "figures of all else."
        ),
        *_systems(evidence),
    ]
    for benchmark in dict.fromkeys(evidence.summary["benchmark"]):
        blocks += describe_benchmark(evidence, str(benchmark))
    background = (describe_training, describe_data, describe_index, describe_costs)
    return blocks + [block for part in background for block in part(evidence)]


def _systems(evidence: Evidence) -> list[Block]:
    """Return what the systems beside the models are; nothing where there are none."""
    names = ["random", "bm25", *(f"+{kind}" for kind in ADJUSTMENTS)]
    rows = [[name, SYSTEMS[name]] for name in names if any(system.endswith(name) for system in evidence.systems)]
    tested = set(evidence.by_language["query_lang"])
    if missing := sorted(tested - set(evidence.languages)):
        words = (
            f"{SYSTEMS['+centred_training']}; {', '.join(missing)} are not trained on and take the mean of the others"
        )
        rows = [[name, words if name == "+centred_training" else text] for name, text in rows]
    return [Heading(2, "Baselines"), Table(["system", "what it is"], rows, text_columns=2)] if rows else []
