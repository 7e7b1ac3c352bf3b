"""The script that Streamlit runs: the frame, and nothing else."""

from stillroom_app.shell import draw

draw()
