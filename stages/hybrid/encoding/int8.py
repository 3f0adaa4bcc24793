"""An encoder with 8-bit matrix products, by OpenVINO: fast on processors that have them, but less exact than bfloat16.

Weights are rounded to 8 bits, with one scale per output. Activations are rounded as they come, with one scale per token
and group of inputs. Attention and norms are in bfloat16 where that is fast, else in float32. Pooling is in float32.
"""

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from stages.hybrid.encoding.model import length_batches, pad_tokens, use_bfloat16
from stages.hybrid.encoding.packed import first_position

if TYPE_CHECKING:
    import openvino
    from sentence_transformers import SentenceTransformer

LARGEST = 127  # the largest whole number of a weight
TOKENS = 512  # of a batch at most: more do not fit the caches of a core
STEP = 4  # the length of a batch is a multiple of this many tokens
HIDDEN = -1e9  # what is added to the attention to a token that only fills up


class Int8Engine:
    """Encodes with several batches at once, one per core."""

    precision = "int8"

    def __init__(self, encoder: "SentenceTransformer") -> None:
        """Convert the transformer of ``encoder``, whose weights are in float32. What follows it is run by torch."""
        self.encoder = encoder
        words: Any = encoder[0]
        self._compiled = compile_int8(words.model)
        self._first = first_position(words.model.config)

    def embed(self, tokens: list[list[int]], tokens_per_batch: int) -> np.ndarray:
        """Return the L2-normalised embeddings of tokenised texts, float32, shape (texts, dim)."""
        found = np.empty((len(tokens), self.encoder.get_embedding_dimension() or 0), dtype=np.float32)
        budget = min(tokens_per_batch, TOKENS)
        batches = list(length_batches([len(text) for text in tokens], budget, step=STEP))
        streams = self._compiled.get_property("NUM_STREAMS")
        with ThreadPoolExecutor(streams) as pool:
            requests = [self._compiled.create_infer_request() for _ in range(streams)]

            def embed_batch(batch: list[int]) -> np.ndarray:
                request = requests.pop()  # no more batches run at once than there are requests
                try:
                    return self._embed_batch(request, [tokens[i] for i in batch])
                finally:
                    requests.append(request)

            for batch, embeddings in zip(batches, pool.map(embed_batch, batches), strict=True):
                found[batch] = embeddings
        return found

    def _embed_batch(self, request: "openvino.InferRequest", tokens: list[list[int]]) -> np.ndarray:
        """Return the embeddings of one batch of like length, shape (texts, dim)."""
        features = pad_tokens(self.encoder, tokens, step=STEP)
        ids, mask = features["input_ids"], features["attention_mask"]
        hidden = np.where(mask[:, None, None, :].numpy(), 0.0, HIDDEN).astype(np.float32)
        positions = np.broadcast_to(np.arange(ids.shape[1]) + self._first, ids.shape)
        (words,) = request.infer([ids.numpy(), hidden, positions]).values()
        with torch.inference_mode():
            features = {"token_embeddings": torch.tensor(words), "attention_mask": mask}
            for module in list(self.encoder)[1:]:
                features = module(features)
            return normalize(features["sentence_embedding"], dim=1).numpy()


def compile_int8(model: Any) -> "openvino.CompiledModel":
    """Return a transformer of the transformers library with 8-bit matrix products, compiled for this processor.

    Its inputs are token ids, what is added to the attention to each token (texts, 1, 1, tokens), and positions. Its
    output are the token embeddings, shape (texts, tokens, dim).
    """
    import openvino
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder
    from transformers.utils import logging

    # the function `convert_model` does the same, but reports its use to the makers of OpenVINO
    frontend = FrontEndManager().load_by_framework("pytorch")
    example = (torch.ones(2, 7, dtype=torch.long), torch.zeros(2, 1, 1, 7), torch.arange(7).expand(2, 7))
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # the tracer reads every property, and some warn
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit.trace is called outdated, but torch.export takes six times as long
        decoder = TorchScriptPythonDecoder(_Words(model).eval(), example_input=example)  # needed until all is converted
    logging.set_verbosity(verbosity)
    loaded = frontend.load(decoder)
    converted = frontend.convert(loaded)
    round_weights(converted)
    config = {
        "PERFORMANCE_HINT": "THROUGHPUT",  # a batch per core
        "INFERENCE_PRECISION_HINT": "bf16" if use_bfloat16("auto", torch.device("cpu")) else "f32",
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": str(model.config.hidden_size),
        "INFERENCE_NUM_THREADS": str(torch.get_num_threads()),
    }
    return openvino.Core().compile_model(converted, "CPU", config)


def round_weights(model: "openvino.Model") -> int:
    """Replace each matrix of constants that something is multiplied by with its 8-bit form, and return how many.

    A row of it, which gives one output, is divided by its scale and rounded. The row's largest value becomes `LARGEST`.
    """
    from openvino import opset13 as ops

    rounded = 0
    for product in model.get_ops():
        if product.get_type_name() == "MatMul":
            weight = product.input_value(1).get_node()
            if weight.get_type_name() == "Constant" and len(weight.get_output_shape(0)) == 2:
                whole, scale = to_int8(weight.data)
                parts = ops.multiply(ops.convert(ops.constant(whole), "f32"), ops.constant(scale))
                product.input(1).replace_source_output(parts.output(0))
                rounded += 1
    return rounded


def to_int8(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of a matrix as whole numbers, int8, and their scales, float32, shape (rows, 1)."""
    scale = np.abs(weight).max(axis=1, keepdims=True) / LARGEST
    scale[scale == 0] = 1  # a row of zeros
    return np.round(weight / scale).astype(np.int8), scale.astype(np.float32)


class _Words(nn.Module):
    """A transformer with the inputs that `compile_int8` names."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, hidden: Tensor, positions: Tensor) -> Tensor:
        found: Tensor = self.model(
            input_ids=ids, attention_mask=hidden, position_ids=positions, token_type_ids=torch.zeros_like(ids)
        ).last_hidden_state
        return found
