/* Lesson 6: a memory that is asked by content. Pure functions of plain arrays.
   The same as stillroom.models.memory and stillroom.losses.memory, to 1e-6 (a test holds the two together). */

const Recall = (() => {
  const EPS = 1e-5;

  const dot = (one, other) => one.reduce((total, value, place) => total + value * other[place], 0);

  /** To mean 0 and variance 1, as a layer norm without gains. */
  function normed(x) {
    const mean = x.reduce((total, value) => total + value, 0) / x.length;
    const variance = x.reduce((total, value) => total + (value - mean) ** 2, 0) / x.length;
    return x.map((value) => (value - mean) / Math.sqrt(variance + EPS));
  }

  /** log of the sum of exponentials, without an overflow. */
  function logSumExp(values) {
    const most = Math.max(...values);
    return most + Math.log(values.reduce((total, value) => total + Math.exp(value - most), 0));
  }

  /** beta xi K^T: how like each pattern the state is. */
  const scores = (state, stored, beta) => stored.map((pattern) => beta * dot(state, pattern));

  /** softmax(beta xi K^T). */
  function shares(state, stored, beta) {
    const found = scores(state, stored, beta), all = logSumExp(found);
    return found.map((value) => Math.exp(value - all));
  }

  /** One move: the patterns, mixed by their shares. */
  function moved(state, stored, beta) {
    const mix = shares(state, stored, beta);
    return state.map((_, f) => stored.reduce((total, pattern, p) => total + mix[p] * pattern[f], 0));
  }

  /** The state after so many moves. */
  function recalled(state, stored, beta, updates) {
    let now = state;
    for (let number = 0; number < updates; number += 1) now = moved(now, stored, beta);
    return now;
  }

  /** |xi|^2 / 2 - lse(beta, K xi): no move raises it. */
  const energy = (state, stored, beta) => dot(state, state) / 2 - logSumExp(scores(state, stored, beta)) / beta;

  /** How many patterns answer: 1 where one does, all where none is preferred (the exponential of the entropy). */
  const answering = (mix) => Math.exp(-mix.reduce((total, p) => total + (p > 0 ? p * Math.log(p) : 0), 0));

  return { normed, scores, shares, moved, recalled, energy, answering };
})();
