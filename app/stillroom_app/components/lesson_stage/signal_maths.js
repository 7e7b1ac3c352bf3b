/* The mathematics of lessons 1 and 2: how windows are cut (data/windows.py), and a spectrum (numpy's rfft). Pure
   functions of plain arrays; a test holds them to the engine's. */

const signals = (() => {
  /* As Python rounds: a half goes to the even neighbour. */
  function roundEven(value) {
    const low = Math.floor(value),
      left = value - low;
    return left > 0.5 || (left === 0.5 && low % 2) ? low + 1 : low;
  }

  /* data/windows.py `cut` of one stretch without a gap. `spans`: [first, stop, class] over all its samples, class -1
     where nothing is labelled. Gives every window, kept or not: its first sample, its label, that label's share. */
  function cut(spans, count, { rate, length, stride, purity }) {
    const width = roundEven(length * rate),
      step = Math.max(1, roundEven(stride * rate)),
      found = [];
    for (let start = 0; start + width <= count; start += step) {
      const held = shares(spans, start, width),
        [label, most] = majority(held);
      found.push({ start, label, purity: most / width, kept: label >= 0 && most / width >= purity });
    }
    return { width, step, windows: found };
  }
  /* How many of a window's samples each class holds. */
  function shares(spans, start, width) {
    const held = new Map();
    for (const [first, stop, code] of spans) {
      const here = Math.min(stop, start + width) - Math.max(first, start);
      if (here > 0) held.set(code, (held.get(code) ?? 0) + here);
    }
    return held;
  }
  /* The most frequent class, the first of equals; what has no label counts against all. */
  function majority(held) {
    let label = -1,
      most = 0;
    for (const code of [...held.keys()].filter((one) => one >= 0).sort((a, b) => a - b)) {
      if (held.get(code) > most) {
        label = code;
        most = held.get(code);
      }
    }
    return [label, most];
  }

  /* The discrete Fourier transform of real values at the bins 0 to half: as numpy.fft.rfft. */
  function rfft(values) {
    const long = values.length,
      bins = Math.floor(long / 2) + 1;
    const cosine = Array.from({ length: long }, (_, place) => Math.cos((2 * Math.PI * place) / long));
    const sine = Array.from({ length: long }, (_, place) => Math.sin((2 * Math.PI * place) / long));
    const re = new Array(bins).fill(0),
      im = new Array(bins).fill(0);
    for (let bin = 0; bin < bins; bin += 1) {
      for (let at = 0; at < long; at += 1) {
        const turn = (bin * at) % long;
        re[bin] += values[at] * cosine[turn];
        im[bin] -= values[at] * sine[turn];
      }
    }
    return { re, im, long };
  }
  const alone = (bin, long) => bin === 0 || 2 * bin === long;
  /* How far each bin's wave swings, in the signal's unit. */
  const amplitudes = ({ re, im, long }) =>
    re.map((one, bin) => (Math.hypot(one, im[bin]) * (alone(bin, long) ? 1 : 2)) / long);
  /* The wave of one bin, or the sum of some: all of them give the signal back, as numpy.fft.irfft does. */
  function rebuilt({ re, im, long }, bins) {
    const found = new Array(long).fill(0);
    for (const bin of bins) {
      const weight = (alone(bin, long) ? 1 : 2) / long;
      for (let at = 0; at < long; at += 1) {
        const turn = (2 * Math.PI * ((bin * at) % long)) / long;
        found[at] += weight * (re[bin] * Math.cos(turn) - im[bin] * Math.sin(turn));
      }
    }
    return found;
  }
  /* The share of the variance that each bin holds; the mean, bin 0, holds none. */
  function held({ re, im, long }) {
    const power = re.map((one, bin) => (bin ? (one * one + im[bin] * im[bin]) * (alone(bin, long) ? 1 : 2) : 0));
    const whole = power.reduce((sum, one) => sum + one, 0) || 1;
    return power.map((one) => one / whole);
  }
  /* Bins from the strongest on, without the mean. */
  const strongest = (shares) =>
    shares
      .map((_, bin) => bin)
      .slice(1)
      .sort((a, b) => shares[b] - shares[a] || a - b);

  return { roundEven, cut, shares, rfft, amplitudes, rebuilt, held, strongest };
})();
