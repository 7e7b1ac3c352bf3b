import streamlit as st

st.title("sensors")
