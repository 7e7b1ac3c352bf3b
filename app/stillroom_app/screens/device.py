import streamlit as st

st.title("device")
