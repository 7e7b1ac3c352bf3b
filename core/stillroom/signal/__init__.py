"""Pure numpy/scipy functions over sampled signals: clocks, resampling, filters, spectra, normalisation."""
