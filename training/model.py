"""The network: an encoder, one linear output a head, a loss that skips what is unknown."""

from pathlib import Path

import torch
from torch import nn
from transformers import AutoModel, PreTrainedModel
from transformers.utils.logging import disable_progress_bar


class HeadedEncoder(nn.Module):
    """An encoder, the mean of its token states, and one logit a head."""

    def __init__(self, encoder: PreTrainedModel, heads: int, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.Linear(encoder.config.hidden_size, heads)

    @classmethod
    def from_base(cls, base: Path, heads: int, dropout: float) -> "HeadedEncoder":
        """Start from the pretrained encoder in a local folder, with new heads."""
        disable_progress_bar()  # type: ignore[no-untyped-call]
        encoder = AutoModel.from_pretrained(base, use_safetensors=True, local_files_only=True)
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None  # we take the mean; unused weights would only travel along
        return cls(encoder, heads, dropout)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        """Logits of shape (batch, heads), and the masked loss when labels are given.

        input_ids, attention_mask: (batch, tokens). Without a mask every token counts.
        labels: (batch, heads), in [0, 1], NaN where unknown. weights: (batch, heads).
        """
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        logits = self.heads(self.dropout(mean_of_tokens(states, attention_mask)))
        if labels is None:
            return {"logits": logits}
        if weights is None:
            weights = torch.ones_like(labels)
        return {"loss": masked_loss(logits.float(), labels, weights), "logits": logits}


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
