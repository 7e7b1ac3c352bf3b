/* The mathematics of lessons 1 to 4, in double precision: pure functions of plain arrays, and nothing of a page.
   Each is the formula of the file in core/stillroom that its comment names; a test holds the two to 1e-6.
   Logits are arrays over classes; a gradient is by the student's logits. */

const maths = (() => {
  const sum = (values) => values.reduce((whole, one) => whole + one, 0);
  const dot = (left, right) => left.reduce((whole, one, place) => whole + one * right[place], 0);
  const argmax = (values) => values.indexOf(Math.max(...values));
  const mean = (values) => sum(values) / values.length;
  const centred = (values) => {
    const middle = mean(values);
    return values.map((one) => one - middle);
  };

  /* Softmax in log space: no exponent grows, whatever the logits. */
  function logSoftmax(logits, temperature = 1) {
    const scaled = logits.map((one) => one / temperature),
      most = Math.max(...scaled);
    const whole = most + Math.log(sum(scaled.map((one) => Math.exp(one - most))));
    return scaled.map((one) => one - whole);
  }
  const softmax = (logits, temperature = 1) => logSoftmax(logits, temperature).map(Math.exp);

  /* In bits, from 0 to log2(classes). */
  const entropyBits = (chances) => sum(chances.map((one) => (one > 0 ? -one * Math.log2(one) : 0)));

  /* KL(target || exp(logs)); a target of 0 adds nothing. */
  const divergence = (target, logs) =>
    sum(target.map((one, place) => (one > 0 ? one * (Math.log(one) - logs[place]) : 0)));

  const onehot = (label, classes) => Array.from({ length: classes }, (_, place) => (place === label ? 1 : 0));

  /* A label of which a little is spread over all classes: (1 - smoothing) onehot + smoothing / K. */
  const smoothed = (label, classes, smoothing) =>
    onehot(label, classes).map((one) => one * (1 - smoothing) + smoothing / classes);

  /* losses/cross_entropy.py, classes alike. */
  const crossEntropy = (student, label, smoothing = 0) =>
    -dot(smoothed(label, student.length, smoothing), logSoftmax(student));
  function crossEntropyGradient(student, label, smoothing = 0) {
    const target = smoothed(label, student.length, smoothing);
    return softmax(student).map((one, place) => one - target[place]);
  }

  /* losses/hinton.py: T^2 KL(p_t || p_s). */
  function hinton(student, teacher, temperature) {
    const taught = logSoftmax(teacher, temperature),
      said = logSoftmax(student, temperature);
    return temperature ** 2 * sum(taught.map((one, place) => Math.exp(one) * (one - said[place])));
  }
  function hintonGradient(student, teacher, temperature) {
    const taught = softmax(teacher, temperature);
    return softmax(student, temperature).map((one, place) => temperature * (one - taught[place]));
  }

  /* losses/logit_std.py: z-scores by the unbiased deviation. */
  function spread(logits) {
    return Math.sqrt(sum(centred(logits).map((one) => one * one)) / (logits.length - 1));
  }
  const standardised = (logits) => {
    const by = spread(logits) + 1e-7;
    return centred(logits).map((one) => one / by);
  };
  const logitStd = (student, teacher, temperature) => hinton(standardised(student), standardised(teacher), temperature);
  function logitStdGradient(student, teacher, temperature) {
    const deviation = spread(student),
      by = deviation + 1e-7,
      scores = standardised(student);
    const inner = hintonGradient(scores, standardised(teacher), temperature);
    const along = deviation ? dot(inner, centred(student)) / ((student.length - 1) * deviation * by) : 0;
    return centred(inner).map((one, place) => one / by - scores[place] * along);
  }

  /* losses/conditional.py, sound: the teacher's answer where it is right, the smoothed label where it is wrong. */
  function conditionalTarget(teacher, label, temperature, smoothing) {
    if (argmax(teacher) === label) return softmax(teacher, temperature);
    return smoothed(label, teacher.length, smoothing);
  }
  function conditional(student, teacher, label, temperature, smoothing) {
    const target = conditionalTarget(teacher, label, temperature, smoothing);
    return temperature ** 2 * divergence(target, logSoftmax(student, temperature));
  }
  function conditionalGradient(student, teacher, label, temperature, smoothing) {
    const target = conditionalTarget(teacher, label, temperature, smoothing);
    return softmax(student, temperature).map((one, place) => temperature * (one - target[place]));
  }

  /* losses/conditional.py, released: unit length instead of a temperature, and a second softmax on both sides. */
  const unit = (values) => {
    const by = Math.max(Math.sqrt(dot(values, values)), 1e-12);
    return values.map((one) => one / by);
  };
  function releasedTarget(teacher, label, hardness) {
    const shares = softmax(unit(teacher));
    const target = argmax(shares) === label ? shares : onehot(label, teacher.length).map((one) => hardness * one);
    return softmax(target);
  }
  function released(student, teacher, label, hardness) {
    const said = logSoftmax(softmax(unit(student)));
    return -dot(releasedTarget(teacher, label, hardness), said) - said[label];
  }
  function releasedGradient(student, teacher, label, hardness) {
    const target = releasedTarget(teacher, label, hardness),
      direction = unit(student),
      shares = softmax(direction);
    const wanted = target.map((one, place) => one + (place === label ? 1 : 0)),
      whole = sum(wanted);
    const outer = softmax(shares).map((one, place) => whole * one - wanted[place]);
    const level = dot(shares, outer),
      inner = shares.map((one, place) => one * (outer[place] - level));
    const length = Math.max(Math.sqrt(dot(student, student)), 1e-12),
      along = dot(direction, inner);
    return inner.map((one, place) => (one - direction[place] * along) / length);
  }

  return {
    sum,
    dot,
    argmax,
    mean,
    centred,
    softmax,
    logSoftmax,
    entropyBits,
    divergence,
    onehot,
    smoothed,
    crossEntropy,
    crossEntropyGradient,
    hinton,
    hintonGradient,
    standardised,
    logitStd,
    logitStdGradient,
    conditionalTarget,
    conditional,
    conditionalGradient,
    unit,
    releasedTarget,
    released,
    releasedGradient,
  };
})();
