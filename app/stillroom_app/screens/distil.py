import streamlit as st

st.title("distil")
