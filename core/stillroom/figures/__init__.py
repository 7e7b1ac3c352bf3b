"""Plotly figures from plain data (arrays, and dicts as in `report.json`), for the app, the notebooks and the reports.

Every function returns a `plotly.graph_objects.Figure` in the house's look, thinned to at most 2,000 points a trace and
drawn as SVG; each says below its title where its numbers come from. Nothing is computed here that a report should hold.
"""
