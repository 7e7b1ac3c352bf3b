/* Lesson 5: a feature over time and in frequency, and the two parts of the stage term. Pure functions of plain arrays.
   The same as stillroom.losses.stage, to 1e-6 (a test holds the two together). */

const Features = (() => {
  const LEAST = 1e-5, HAIR = 1e-12;

  const sum = (values) => values.reduce((total, value) => total + value, 0);

  const { rfft } = signals;

  /** How often a bin stands in the whole spectrum of n samples: once or, with its mirror image, twice. */
  const times = (k, n) => (k === 0 || 2 * k === n ? 1 : 2);

  /** The n samples whose bins these are. */
  const irfft = ({ re, im }, n) => signals.rebuilt({ re, im, long: n }, re.map((_, k) => k));

  /** Height of each bin, bin 0 among them. */
  function amplitude(x) {
    const { re, im } = rfft(x);
    return re.map((real, k) => Math.sqrt(real * real + im[k] * im[k] + HAIR));
  }

  /** log(1 + amplitude) without bin 0, brought to length 1. */
  function spectrum(x) {
    const logs = amplitude(x).slice(1).map(Math.log1p);
    const length = Math.max(Math.sqrt(sum(logs.map((value) => value * value))), HAIR);
    return logs.map((value) => value / length);
  }

  /** Mean squared difference over channels and time; in units of the variances where these are given. */
  function stageTime(student, teacher, variance = null) {
    const each = student.map((channel, c) => {
      const squares = sum(channel.map((value, t) => (value - teacher[c][t]) ** 2)) / channel.length;
      return variance ? squares / (variance[c] + LEAST) : squares;
    });
    return sum(each) / each.length;
  }

  /** Mean squared difference of the spectra over channels and bins. */
  function stageFrequency(student, teacher) {
    const each = student.map((channel, c) => {
      const theirs = spectrum(teacher[c]);
      return sum(spectrum(channel).map((value, k) => (value - theirs[k]) ** 2)) / theirs.length;
    });
    return sum(each) / each.length;
  }

  /** Which way one channel's samples would raise the time part, and the frequency part. */
  function gradients(student, teacher, variance = null) {
    const n = student.length, scale = variance === null ? 1 : variance + LEAST;
    const time = student.map((value, t) => (2 * (value - teacher[t])) / (n * scale));
    const { re, im } = rfft(student), height = amplitude(student), theirs = spectrum(teacher);
    const logs = height.slice(1).map(Math.log1p), length = Math.max(Math.sqrt(sum(logs.map((u) => u * u))), HAIR);
    const ours = logs.map((value) => value / length), bins = ours.length;
    const pull = ours.map((value, k) => (2 * (value - theirs[k])) / bins);
    const along = sum(pull.map((value, k) => value * ours[k]));
    const rise = pull.map((value, k) => (value - ours[k] * along) / length / (1 + height[k + 1]) / height[k + 1]);
    const frequency = student.map((_, t) => {
      let total = 0;
      for (let k = 1; k <= bins; k += 1) {
        const turn = (2 * Math.PI * ((k * t) % n)) / n;
        total += rise[k - 1] * (re[k] * Math.cos(turn) - im[k] * Math.sin(turn));
      }
      return total;
    });
    return { time, frequency };
  }

  /** One channel after so many steps downhill on the parts that pull; no step is longer than a share of its spread. */
  function walked(student, teacher, variance, steps, pull) {
    const spread = Math.sqrt(variance + LEAST), n = student.length, rate = 0.06 * n * (variance + LEAST);
    let now = student;
    for (let number = 0; number < steps; number += 1) {
      const slope = gradients(now, teacher, variance);
      const way = now.map((_, t) => rate * (pull.time * slope.time[t] + 20 * pull.frequency * slope.frequency[t]));
      const long = Math.sqrt(sum(way.map((value) => value * value)) / n), short = Math.min(1, (0.1 * spread) / (long || 1));
      now = now.map((value, t) => value - short * way[t]);
    }
    return now;
  }

  /** The samples with the height of bin k changed, and its place in time kept. */
  function withAmplitude(x, k, height) {
    const bins = rfft(x), now = Math.hypot(bins.re[k], bins.im[k]);
    bins.im[k] = now > HAIR ? (bins.im[k] / now) * height : 0;
    bins.re[k] = now > HAIR ? (bins.re[k] / now) * height : height;
    return irfft(bins, x.length);
  }

  /** The samples, later by so many; what leaves at the end comes in at the front. */
  const later = (x, by) => x.map((_, t) => x[(((t - by) % x.length) + x.length) % x.length]);

  /** The sum of squares counted in time, and counted in bins: Parseval. */
  function energies(x) {
    const { re, im } = rfft(x), n = x.length;
    const bins = sum(re.map((real, k) => times(k, n) * (real * real + im[k] * im[k]))) / n;
    return { time: sum(x.map((value) => value * value)), bins };
  }

  return { rfft, irfft, amplitude, spectrum, stageTime, stageFrequency, gradients, walked, withAmplitude, later, energies };
})();
