"""A figure as a page: one button, which saves it as SVG, and no bar over its title."""

from __future__ import annotations

from typing import Literal

import plotly.graph_objects as go


def page(figure: go.Figure, name: str, script: Literal["directory"] | bool = True) -> str:
    """The HTML of a figure; equal figures give equal text. A drag zooms, and a double click goes back.

    Args:
        figure: drawn.
        name: of the page, and of what its button saves.
        script: `directory` where plotly's script lies beside it; otherwise the page holds it.
    """
    kept = {"modeBarButtons": [["toImage"]], "toImageButtonOptions": {"format": "svg", "filename": name}}
    config = {"displaylogo": False, **kept}
    html: str = figure.to_html(include_plotlyjs=script, div_id=name, config=config)
    return html
