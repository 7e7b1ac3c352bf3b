"""What leaves the house: ONNX files in several precisions with a manifest, and what a board measured with them."""
