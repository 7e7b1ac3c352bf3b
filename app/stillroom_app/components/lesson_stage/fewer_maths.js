/* Lesson 7: how well windows were recognised, from counts of (true class, said class). Pure functions of plain arrays.
   The same as stillroom.evaluation.metrics, to 1e-6 (a test holds the two together). */

const Counts = (() => {
  const known = (values) => values.filter((value) => value !== null);
  const mean = (values) => (values.length ? values.reduce((total, value) => total + value, 0) / values.length : null);
  const over = (part, whole) => (whole ? part / whole : null);

  /** Cell by cell. */
  const added = (tables) => tables[0].map((row, a) => row.map((_, b) => tables.reduce((all, one) => all + one[a][b], 0)));

  /** Each class against all others; null where there is nothing to divide by. */
  function classes(counts) {
    return counts.map((row, code) => {
      const right = row[code], support = row.reduce((all, value) => all + value, 0);
      const said = counts.reduce((all, other) => all + other[code], 0);
      return {
        f1: over(2 * right, support + said), precision: over(right, said), recall: over(right, support), support,
      };
    });
  }

  /** Macro-F1 over the classes that occur, mean recall over those that are true, and the share that is right. */
  function scored(counts) {
    const each = classes(counts), all = each.reduce((total, one) => total + one.support, 0);
    return {
      macroF1: mean(known(each.map((one) => one.f1))),
      balanced: mean(known(each.map((one) => one.recall))),
      accuracy: over(counts.reduce((total, row, code) => total + row[code], 0), all),
      each,
    };
  }

  /** The mean of each person's own macro-F1, which is what a report prints. */
  const overPeople = (tables) => mean(known(tables.map((one) => scored(one).macroF1)));

  /** Pairs of classes by the share of their windows that is taken for the other, the most first. */
  function pairs(counts) {
    const found = [], each = classes(counts);
    for (let a = 0; a < counts.length; a += 1) {
      for (let b = a + 1; b < counts.length; b += 1) {
        const mixed = counts[a][b] + counts[b][a];
        found.push({ a, b, mixed, share: over(mixed, each[a].support + each[b].support) ?? 0 });
      }
    }
    return found.sort((one, other) => other.share - one.share || one.a - other.a || one.b - other.b);
  }

  return { added, scored, overPeople, pairs };
})();
