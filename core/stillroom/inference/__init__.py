"""An exported student at work: ONNX Runtime and numpy, no torch; window by window, so that live data can be had too."""
