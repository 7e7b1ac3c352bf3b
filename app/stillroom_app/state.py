"""What is chosen, by every page alike; it stands in the address, `?data=factory&run=tsak&teach=true`.

Whoever is sent an address sees what the sender saw. The widgets that choose stand in `components.pick`.
"""

from __future__ import annotations

import streamlit as st

DATA, RUN, TEACH = "data", "run", "teach"


def teaching() -> bool:
    """Whether formulas, live numbers and sources are shown."""
    return bool(st.session_state.get(TEACH))
