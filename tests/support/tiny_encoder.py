"""A sentence encoder small enough for a test: two BERT layers of 32 dimensions, with the words of the toy corpus."""

import json
import tempfile
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from stages.hybrid.base.encoder import PROMPTS

TOY = Path(__file__).parents[1] / "toy"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
POSITIONS = 128


def save_tiny_encoder(folder: Path, *, seed: int = 13) -> None:
    """Save the encoder as a sentence-transformers folder with both prompts. Its weights are drawn from ``seed``."""
    tokenizer = _word_tokenizer(_toy_texts())
    with tempfile.TemporaryDirectory() as scratch:
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=POSITIONS,
        )
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            BertModel(config).save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        words = Transformer(scratch, max_seq_length=POSITIONS)
        encoder = SentenceTransformer(modules=[words, Pooling(32, "mean"), Normalize()], device="cpu")
        encoder.prompts = dict(PROMPTS)
        encoder.save_pretrained(str(folder), create_model_card=False)


def save_dense_encoder(base: Path, folder: Path) -> None:
    """Save the encoder in ``base`` with a dense layer of 8 dimensions after the pooling, and without normalisation."""
    encoder = SentenceTransformer(str(base), device="cpu")
    dense = SentenceTransformer(modules=[encoder[0], encoder[1], Dense(32, 8)], device="cpu")
    dense.prompts = encoder.prompts
    dense.save_pretrained(str(folder), create_model_card=False)


def save_other_encoder(model: Any, base: Path, folder: Path) -> None:
    """Save ``model``, of 32 dimensions, with the tokenizer of ``base``, as an encoder in the folder "encoder"."""
    model.save_pretrained(folder / "words")
    AutoTokenizer.from_pretrained(base).save_pretrained(folder / "words")
    words = Transformer(str(folder / "words"), max_seq_length=64)
    encoder = SentenceTransformer(modules=[words, Pooling(32, "mean"), Normalize()], device="cpu")
    encoder.prompts = dict(PROMPTS)
    encoder.save_pretrained(str(folder / "encoder"), create_model_card=False)


def save_tiny_xlm_r(base: Path, folder: Path) -> None:
    """Save a small XLM-R, whose positions do not begin at 0, as `save_other_encoder` does."""
    config = XLMRobertaConfig(
        vocab_size=1000,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=80,
        pad_token_id=0,
    )
    with torch.random.fork_rng():
        torch.manual_seed(3)
        save_other_encoder(XLMRobertaModel(config), base, folder)


def _toy_texts() -> list[str]:
    """Return all texts of the toy corpus."""
    rows = [
        json.loads(line)
        for path in sorted(TOY.rglob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [row[key] for row in rows for key in ("query", "passage", "text") if key in row]


def _word_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Return a tokenizer that knows every word of ``texts``. It splits other words into letters, and Chinese too."""
    normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    splitter = pre_tokenizers.BertPreTokenizer()
    words = {word for text in texts for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))}
    letters = {letter for word in words for letter in word}
    pieces = [*SPECIAL, *sorted(words | letters | {"query", "passage"}), *sorted(f"##{letter}" for letter in letters)]
    core = Tokenizer(WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    core.normalizer = normalizer
    core.pre_tokenizer = splitter
    core.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", SPECIAL.index("[CLS]")), ("[SEP]", SPECIAL.index("[SEP]"))]
    )
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    return PreTrainedTokenizerFast(
        tokenizer_object=core, model_max_length=POSITIONS, **dict(zip(names, SPECIAL, strict=True))
    )
