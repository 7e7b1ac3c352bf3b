"""What the pages ask of the engine: plain functions without Streamlit, so that each is tested without a browser."""
