"""The network: an encoder, one linear output a head, one a token, a loss that skips the unknown."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import cast

import torch
from torch import nn
from transformers import AutoModel, PreTrainedModel
from transformers.utils.logging import disable_progress_bar

from upstander.training.errors import RecipeError
from upstander.training.quantization import quantized
from upstander.training.recipe import Training, head_weight


class HeadedEncoder(nn.Module):
    """An encoder, one logit a head from the mean of its token states, and one a token.

    layers: those whose states are read, counted from 1; the states of a token are their states one
        beside the other. What is lexical is read from lower layers, and leaves the last one to what
        needs the whole sentence. The encoder is cut above the highest of them.
    rationale_weight: what the loss of the tokens counts beside that of a head of weight 1.
    agreement: (heads,), what it costs each head to say different things of one sentence about two
        groups; None is nothing.
    """

    agreement: torch.Tensor
    head_weights: torch.Tensor

    def __init__(
        self,
        encoder: PreTrainedModel,
        heads: int,
        dropout: float,
        layers: Sequence[int],
        rationale_weight: float = 1.0,
        agreement: Sequence[float] | None = None,
        distil_weight: float = 0.0,
        head_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        stack = cast("nn.Module", encoder.encoder)
        stack.layer = cast("nn.ModuleList", stack.layer)[: max(layers)]
        encoder.config.num_hidden_layers = max(layers)
        self.encoder = encoder
        self.layers = tuple(layers)
        self.rationale_weight = rationale_weight
        self.distil_weight = distil_weight
        self.rounds_as_int8 = False
        """Whether the encoder computes as the int8 graph will (`training/quantization.py`)."""
        self.dropout = nn.Dropout(dropout)
        width = encoder.config.hidden_size * len(layers)
        self.heads = nn.Linear(width, heads)
        self.rationale = nn.Linear(width, 1)
        self.register_buffer(
            "agreement", torch.tensor(agreement or [0.0] * heads), persistent=False
        )
        self.register_buffer(
            "head_weights", torch.tensor(head_weights or [1.0] * heads), persistent=False
        )

    @classmethod
    def from_base(
        cls, base: Path, heads: Sequence[str], options: Training, distil_weight: float = 0.0
    ) -> "HeadedEncoder":
        """Start from the pretrained encoder in a local folder, with new heads.

        Raises RecipeError if the encoder has no such layer.
        """
        disable_progress_bar()  # type: ignore[no-untyped-call]
        encoder = AutoModel.from_pretrained(base, use_safetensors=True, local_files_only=True)
        if max(options.layers) > encoder.config.num_hidden_layers:
            raise RecipeError(
                f"training.layers: the encoder has {encoder.config.num_hidden_layers} layers"
            )
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None  # we take the mean; unused weights would only travel along
        weight = options.head_weights.get("rationale", 1.0)
        agreement = [options.agreement * _must_agree(head, options) for head in heads]
        return cls(
            encoder,
            len(heads),
            options.dropout,
            options.layers,
            weight,
            agreement,
            distil_weight,
            [head_weight(head, options) for head in heads],
        )

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
        rationale: torch.Tensor | None = None,
        pairs: torch.Tensor | None = None,
        taught: torch.Tensor | None = None,
        taught_rationale: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        """Logits of shape (batch, heads) and, for the tokens, (batch, tokens).

        input_ids, attention_mask: (batch, tokens). Without a mask every token counts.
        labels: (batch, heads), in [0, 1], NaN where unknown. weights: (batch, heads).
        rationale: (batch, tokens), 0 or 1, NaN where unknown.
        pairs: (pairs, 2), places in the batch of rows that should be answered alike.
        taught: (batch, heads), logits of a teacher, NaN where it has none; its answers count as
            much as labels do, by the same weights. taught_rationale: (batch, tokens), the same of
            the tokens.
        With labels the loss comes instead of the logits of the tokens.
        """
        with quantized(self.encoder, attention_mask) if self.rounds_as_int8 else nullcontext():
            states = token_states(self.encoder, input_ids, attention_mask, self.layers)
        logits = self.heads(self.dropout(mean_of_tokens(states, attention_mask)))
        marks = self.rationale(self.dropout(states)).squeeze(-1)
        if labels is None:
            return {"logits": logits, "rationale": marks}
        if weights is None:
            weights = torch.ones_like(labels)
        loss = masked_loss(logits.float(), labels, weights)
        if rationale is not None:
            loss = loss + self.rationale_weight * token_loss(marks.float(), rationale)
        if taught is not None:
            soft = masked_loss(
                logits.float(), taught.sigmoid(), self.head_weights.expand_as(taught)
            )
            if taught_rationale is not None:
                said = token_loss(marks.float(), taught_rationale.sigmoid())
                soft = soft + self.rationale_weight * said
            loss = (1 - self.distil_weight) * loss + self.distil_weight * soft
        if pairs is not None and len(pairs):
            loss = loss + pair_loss(logits.float(), pairs, self.agreement)
        return {"loss": loss, "logits": logits}


def token_states(
    encoder: nn.Module, ids: torch.Tensor, mask: torch.Tensor | None, layers: Sequence[int]
) -> torch.Tensor:
    """(batch, tokens, width times layers)."""
    output = encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True)
    return torch.cat([output.hidden_states[layer] for layer in layers], dim=-1)


def mean_of_tokens(states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """(batch, tokens, width) to (batch, width), over the tokens that are not padding."""
    if mask is None:
        return states.mean(dim=1)
    kept = mask.unsqueeze(-1).to(states.dtype)
    return (states * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)


def masked_loss(logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Weighted binary cross-entropy over the known entries, summed over heads, a mean over rows.

    All of shape (batch, heads). A row with several known heads counts more than one with a single
    head: it says more. An entry that is NaN has no gradient.
    """
    known = ~torch.isnan(labels)
    losses = nn.functional.binary_cross_entropy_with_logits(
        logits, torch.where(known, labels, 0.0), reduction="none"
    )
    return (losses * weights * known).sum() / len(logits)


def pair_loss(logits: torch.Tensor, pairs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Squared difference of the logits of each pair, weighted by head, a mean over the batch.

    logits: (batch, heads). pairs: (pairs, 2). weights: (heads,).
    Source: counterfactual logit pairing, Garg et al. 2019, Counterfactual Fairness in Text
    Classification through Robustness.
    """
    differences = logits[pairs[:, 0]] - logits[pairs[:, 1]]
    return (differences.square() * weights).sum() / len(logits)


def token_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy over the known tokens: a mean over each row's, then over the batch.

    Both of shape (batch, tokens); labels 0 or 1, NaN where unknown.
    """
    known = ~torch.isnan(labels)
    losses = nn.functional.binary_cross_entropy_with_logits(
        logits, torch.where(known, labels, 0.0), reduction="none"
    )
    return ((losses * known).sum(dim=1) / known.sum(dim=1).clamp(min=1)).mean()


def _must_agree(head: str, options: Training) -> float:
    """The weight of a head in the loss; which category is spoken of may differ."""
    return 0.0 if head.startswith("target.") else head_weight(head, options)
