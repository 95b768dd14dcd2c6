"""One statement of reasons, with the fields, codes and lengths that the database itself checks."""

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

_COUNTRIES: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
"""Of the European Economic Area."""

Short = Annotated[str, Field(min_length=1, max_length=500)]
Long = Annotated[str, Field(min_length=1, max_length=2000)]
Day = Annotated[date, Field(le=date(2038, 1, 1))]
Visibility = Literal[
    "DECISION_VISIBILITY_CONTENT_REMOVED",
    "DECISION_VISIBILITY_CONTENT_DISABLED",
    "DECISION_VISIBILITY_CONTENT_DEMOTED",
    "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED",
    "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED",
    "DECISION_VISIBILITY_CONTENT_LABELLED",
    "DECISION_VISIBILITY_OTHER",
]
Content = Literal[
    "CONTENT_TYPE_APP",
    "CONTENT_TYPE_AUDIO",
    "CONTENT_TYPE_IMAGE",
    "CONTENT_TYPE_PRODUCT",
    "CONTENT_TYPE_SYNTHETIC_MEDIA",
    "CONTENT_TYPE_TEXT",
    "CONTENT_TYPE_VIDEO",
    "CONTENT_TYPE_OTHER",
]
Keyword = Literal[
    "KEYWORD_HATE_SPEECH",
    "KEYWORD_DISCRIMINATION",
    "KEYWORD_INCITEMENT_VIOLENCE_HATRED",
    "KEYWORD_CYBER_INCITEMENT",
    "KEYWORD_INCITEMENT_AGAINST_WOMEN",
]
"""Of the database's keywords those that what is found here can be."""


class Statement(BaseModel):
    """One statement, with the fields and the limits of the database."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    puid: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$", max_length=500)]
    decision_visibility: Annotated[tuple[Visibility, ...], Field(min_length=1)] | None = None
    decision_visibility_other: Short | None = None
    decision_monetary: (
        Literal[
            "DECISION_MONETARY_SUSPENSION",
            "DECISION_MONETARY_TERMINATION",
            "DECISION_MONETARY_OTHER",
        ]
        | None
    ) = None
    decision_monetary_other: Short | None = None
    decision_provision: (
        Literal[
            "DECISION_PROVISION_PARTIAL_SUSPENSION",
            "DECISION_PROVISION_TOTAL_SUSPENSION",
            "DECISION_PROVISION_PARTIAL_TERMINATION",
            "DECISION_PROVISION_TOTAL_TERMINATION",
        ]
        | None
    ) = None
    decision_account: (
        Literal["DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"] | None
    ) = None
    account_type: Literal["ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE"] | None = None
    decision_ground: Literal[
        "DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"
    ]
    decision_ground_reference_url: (
        Annotated[str, Field(pattern=r"^https?://\S+$", max_length=500)] | None
    ) = None
    illegal_content_legal_ground: Short | None = None
    illegal_content_explanation: Long | None = None
    incompatible_content_ground: Short | None = None
    incompatible_content_explanation: Long | None = None
    incompatible_content_illegal: Literal["Yes", "No"] | None = None
    content_type: Annotated[tuple[Content, ...], Field(min_length=1)] = ("CONTENT_TYPE_TEXT",)
    content_type_other: Short | None = None
    category: Literal["STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"] = (
        "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"
    )
    category_specification: tuple[Keyword, ...] | None = None
    territorial_scope: tuple[str, ...] | None = None
    content_language: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    content_date: Annotated[Day, Field(ge=date(2000, 1, 1))]
    application_date: Annotated[Day, Field(ge=date(2020, 1, 1))]
    end_date_account_restriction: Day | None = None
    end_date_monetary_restriction: Day | None = None
    end_date_service_restriction: Day | None = None
    end_date_visibility_restriction: Day | None = None
    decision_facts: Annotated[str, Field(min_length=1, max_length=5000)]
    source_type: Literal[
        "SOURCE_ARTICLE_16",
        "SOURCE_TRUSTED_FLAGGER",
        "SOURCE_TYPE_OTHER_NOTIFICATION",
        "SOURCE_VOLUNTARY",
    ]
    source_identity: Short | None = None
    automated_detection: Literal["Yes", "No"]
    automated_decision: Literal[
        "AUTOMATED_DECISION_FULLY",
        "AUTOMATED_DECISION_PARTIALLY",
        "AUTOMATED_DECISION_NOT_AUTOMATED",
    ]

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if not (
            self.decision_visibility
            or self.decision_monetary
            or self.decision_provision
            or self.decision_account
        ):
            raise _problem(
                "give decision_visibility, decision_monetary, decision_provision or "
                "decision_account: what was done"
            )
        kind = "illegal" if "ILLEGAL" in self.decision_ground else "incompatible"
        needed = {
            "illegal": ("illegal_content_legal_ground", "illegal_content_explanation"),
            "incompatible": ("incompatible_content_ground", "incompatible_content_explanation"),
        }
        for other, names in needed.items():
            for name in names:
                if (getattr(self, name) is None) == (other == kind):
                    verb = "needs" if other == kind else "does not go with"
                    raise _problem(f"{self.decision_ground} {verb} {name}")
        for value, name in (
            ("DECISION_VISIBILITY_OTHER" in (self.decision_visibility or ()), "visibility"),
            (self.decision_monetary == "DECISION_MONETARY_OTHER", "monetary"),
        ):
            if value == (getattr(self, f"decision_{name}_other") is None):
                raise _problem(f"decision_{name}_other goes with the code OTHER, and only with it")
        if ("CONTENT_TYPE_OTHER" in self.content_type) == (self.content_type_other is None):
            raise _problem("content_type_other goes with the code OTHER, and only with it")
        if unknown := set(self.territorial_scope or ()) - _COUNTRIES:
            raise _problem(f"territorial_scope: unknown: {', '.join(sorted(unknown))[:64]}")
        return self


def _problem(message: str) -> PydanticCustomError:
    return PydanticCustomError("statement", "{message}", {"message": message})
