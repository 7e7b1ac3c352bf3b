/* Lesson 8: a net small enough to be asked here, and four ways to say what it went by. Pure functions of plain arrays.
   The same as captum on the same net, to 1e-6 (a test holds the two together).

   net: { mean, sd (input), w1 (hidden, input), b1, w2 (class, hidden), b2 };  logits = w2 tanh(w1 (x - mean) / sd + b1) + b2
   explained: a class's logit less the mean of the others */

const Blame = (() => {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const dot = (one, other) => one.reduce((total, value, place) => total + value * other[place], 0);

  const hidden = (net, x) => {
    const z = x.map((value, i) => (value - net.mean[i]) / net.sd[i]);
    return net.w1.map((row, h) => Math.tanh(dot(row, z) + net.b1[h]));
  };

  const logits = (net, x) => {
    const active = hidden(net, x);
    return net.w2.map((row, c) => dot(row, active) + net.b2[c]);
  };

  function probabilities(net, x) {
    const found = logits(net, x), most = Math.max(...found), raised = found.map((value) => Math.exp(value - most));
    const all = sum(raised);
    return raised.map((value) => value / all);
  }

  /** The class's logit less the mean of the others. */
  function score(net, x, of) {
    const found = logits(net, x);
    return found[of] - (sum(found) - found[of]) / (found.length - 1);
  }

  /** How the score rises with each input, per its unit. */
  function gradient(net, x, of) {
    const active = hidden(net, x), others = net.w2.length - 1;
    const pull = active.map((value, h) => {
      const column = net.w2.map((row) => row[h]), contrast = column[of] - (sum(column) - column[of]) / others;
      return contrast * (1 - value * value);
    });
    return x.map((_, i) => sum(pull.map((value, h) => value * net.w1[h][i])) / net.sd[i]);
  }

  /** Places and weights on 0 to 1 at which a polynomial of degree 2 n - 1 is integrated exactly (Gauss, Legendre). */
  function legendre(n) {
    const found = [];
    for (let number = 1; number <= n; number += 1) {
      let x = Math.cos((Math.PI * (number - 0.25)) / (n + 0.5)), slope = 1;
      for (let round = 0; round < 100; round += 1) {
        let before = 1, now = x;
        for (let k = 2; k <= n; k += 1) [before, now] = [now, ((2 * k - 1) * x * now - (k - 1) * before) / k];
        slope = (n * (x * now - before)) / (x * x - 1);
        const step = now / slope;
        x -= step;
        if (Math.abs(step) < 1e-15) break;
      }
      found.push({ place: (1 - x) / 2, weight: 1 / ((1 - x * x) * slope * slope) });
    }
    return found;
  }

  /** (x - b) times the gradient's mean along the straight way from the baseline b to x; sums to score(x) - score(b). */
  function integrated(net, x, baseline, of, steps = 32) {
    const total = x.map(() => 0);
    for (const { place, weight } of legendre(steps)) {
      const here = x.map((value, i) => baseline[i] + place * (value - baseline[i]));
      gradient(net, here, of).forEach((value, i) => (total[i] += weight * value));
    }
    return total.map((value, i) => value * (x[i] - baseline[i]));
  }

  /** How far the score falls when one input is laid at the baseline. */
  const occlusion = (net, x, baseline, of) => x.map((_, i) => {
    const without = x.slice();
    without[i] = baseline[i];
    return score(net, x, of) - score(net, without, of);
  });

  const METHODS = {
    gradient: (net, x, baseline, of) => gradient(net, x, of),
    times_input: (net, x, baseline, of) => gradient(net, x, of).map((value, i) => value * x[i]),
    integrated: (net, x, baseline, of) => integrated(net, x, baseline, of),
    occlusion,
  };

  /** The class's probability as inputs are laid at the baseline, in this order, and the mean height of that line. */
  function deletion(net, x, baseline, of, order) {
    const now = x.slice(), line = [probabilities(net, now)[of]];
    for (const i of order) {
      now[i] = baseline[i];
      line.push(probabilities(net, now)[of]);
    }
    return { line, area: (sum(line) - (line[0] + line[line.length - 1]) / 2) / (line.length - 1) };
  }

  /** Inputs by their signed attribution: what speaks most for the answer first, what speaks against it last. */
  const order = (values) => values.map((_, i) => i).sort((one, other) => values[other] - values[one] || one - other);

  /** Random orders, always the same ones. */
  function randomOrders(inputs, many, seed = 1) {
    let state = seed >>> 0;
    const draw = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
    return Array.from({ length: many }, () => {
      const places = Array.from({ length: inputs }, (_, i) => i);
      for (let i = inputs - 1; i > 0; i -= 1) {
        const other = Math.floor(draw() * (i + 1));
        [places[i], places[other]] = [places[other], places[i]];
      }
      return places;
    });
  }

  /** The same net, told one input in another unit: factor times as large a number for the same thing. */
  const inUnit = (net, i, factor) => ({
    ...net,
    mean: net.mean.map((value, at) => (at === i ? value * factor : value)),
    sd: net.sd.map((value, at) => (at === i ? value * factor : value)),
  });

  /** The same net over one input more, a twin of input i, to which this share of its weight is given. */
  const withTwin = (net, i, share) => ({
    ...net,
    mean: [...net.mean, net.mean[i]],
    sd: [...net.sd, net.sd[i]],
    w1: net.w1.map((row) => [...row.map((value, at) => (at === i ? value * (1 - share) : value)), row[i] * share]),
  });

  /** How alike two rankings are, -1 to 1 (Spearman, by the correlation of ranks; ties share their place). */
  function rankCorrelation(one, other) {
    const ranks = (values) => values.map((value) => {
      const below = values.filter((given) => given < value).length, same = values.filter((given) => given === value).length;
      return below + (same - 1) / 2;
    });
    const a = ranks(one), b = ranks(other), middle = (one.length - 1) / 2;
    const spread = (values) => Math.sqrt(sum(values.map((value) => (value - middle) ** 2)));
    const both = sum(a.map((value, i) => (value - middle) * (b[i] - middle)));
    return spread(a) && spread(b) ? both / (spread(a) * spread(b)) : 0;
  }

  return {
    logits, probabilities, score, gradient, integrated, occlusion, METHODS, deletion, order, randomOrders, inUnit,
    withTwin, rankCorrelation,
  };
})();
