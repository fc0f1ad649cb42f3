"""The panels that a lesson's page may show, by the names that pages have for them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# In the order in which the page editor offers them.
PAGE_PANELS: Final = MappingProxyType(
    {
        "": "as it is",
        "explain": "Explain",
        "curve": "Explain, its curve",
        "derivation": "Derivation",
        "paths": "Paths",
        "matrices": "Matrices",
        "gradient_check": "Gradient check",
        "step_size": "Gradient check, its step",
        "conventions": "Conventions",
        "statistics": "Statistics",
        "classes": "Statistics, its classes",
        "surface": "Statistics, the loss surface",
        "runs": "Runs",
        "decision": "Output",
        "samples": "Samples",
        "nudge": "Nudge",
        "predict": "Predict",
        "notes": "Session",
        "loss": "Loss",
        "gradients": "Gradient size",
        "data": "Data",
        "rows": "Data, its rows",
        "points": "Data, its points",
        "training": "Training",
        "inspector": "Selected",
    }
)
# Those that are a part of another panel.
PARTS: Final = MappingProxyType(
    {"curve": "explain", "step_size": "gradient_check", "rows": "data", "points": "data"}
    | {"classes": "statistics", "surface": "statistics"}
)
