"""Section ``sampler`` of params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from stages.hybrid.ground.params import Section


class SamplerParams(Section):
    """How batches are drawn.

    An ordered pair of languages is drawn in proportion to the product of the probabilities of its two languages. A
    language or pair of languages is never drawn if fewer groups have it than a batch has pairs. If a training set
    cannot make a batch of some kind, batches of this kind come from the others. In parallel text, every query is its
    own passage. Such a set makes only cross-lingual batches, because its monolingual pairs would teach nothing.

    Attributes:
        strategy: hybrid, monolingual, cross_lingual, or a baseline of LAReQA (arXiv 2004.05484); en_en has English
            only, x_x monolingual pairs with several languages in one batch
        mono_ratio: probability that a batch of strategy hybrid is monolingual, else it is cross-lingual; 0 to 1
        batches: number of batches, which is the number of training steps; from 1
        batch_size: pairs in a batch; from 2
        dataset_exponent: a training set is drawn in proportion to its pairs ** this; 0 (evenly) to 1 (by size)
        language_exponent: a language is drawn in proportion to its pairs ** this; 0 (evenly) to 1 (by size)
        language_weights: factors for the probabilities of languages, such as {de: 2.0}; 1 if a language is not named,
            0 leaves it out
    """

    strategy: Literal["hybrid", "monolingual", "cross_lingual", "en_en", "x_x"]
    mono_ratio: Annotated[float, Field(ge=0, le=1)]
    batches: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=2)]
    dataset_exponent: Annotated[float, Field(ge=0, le=1)]
    language_exponent: Annotated[float, Field(ge=0, le=1)]
    language_weights: dict[str, Annotated[float, Field(ge=0)]]

    @property
    def kinds(self) -> dict[str, float]:
        """The kinds of batch that can be drawn, and the probability of each."""
        if self.strategy != "hybrid":
            return {self.strategy: 1.0}
        shares = {"monolingual": self.mono_ratio, "cross_lingual": 1 - self.mono_ratio}
        return {kind: share for kind, share in shares.items() if share > 0}
