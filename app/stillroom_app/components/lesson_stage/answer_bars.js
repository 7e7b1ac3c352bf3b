/* Rows of activities with what teacher and student say of a window, and a push for each; lessons 3 and 4 draw them. */

/* bars: [{ shares, colour }], one above the other, each with its number at its end; pushes: an arrow for each class, or
   none. Gives its pen. */
function answerBars(stage, name, { classes, label, bars, pushes = null, most = 1, said }) {
  const row = bars.length > 1 ? 38 : 27,
    top = pushes ? 20 : 4,
    height = top + row * classes.length + 22;
  const pen = stage.picture(name, height, said),
    narrow = stage.narrow;
  const left = narrow ? 96 : 136,
    right = pushes ? Math.round(pen.width * (narrow ? 0.3 : 0.34)) : 0;
  const gap = pushes ? (narrow ? 34 : 52) : 44,
    end = pen.width - right - gap;
  const x = linear([0, 1], [left, end]),
    thick = 13,
    apart = 15;
  const middle = pen.width - right / 2,
    y = (place) => top + row * place;
  for (const value of narrow ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]) {
    pen.line(x(value), top, x(value), height - 22, { class: "faint" });
    pen.text(x(value), height - 6, `${100 * value} %`, { "text-anchor": "middle", class: "small" });
  }
  if (pushes) {
    pen.line(middle, top, middle, height - 22);
    pen.text(middle - 8, 12, "down", { "text-anchor": "end", class: "small" });
    pen.text(middle + 8, 12, "up", { class: "small" });
  }
  classes.forEach((one, place) => {
    const at = y(place),
      centre = at + row / 2;
    if (place === label) pen.rect(0, at + 1, pen.width, row - 2, { class: "ground", rx: 4 });
    const text = cutShort(one, narrow ? 13 : 18);
    pen.text(left - 10, centre + 4.5, text, { "text-anchor": "end", class: place === label ? "strong" : "" });
    bars.forEach(({ shares, colour }, which) => {
      const share = shares[place],
        bar = centre + (which - (bars.length - 1) / 2) * apart - thick / 2;
      pen.rect(left, bar, Math.max(1, x(share) - left), thick, { fill: colour, rx: 2 });
      pen.text(x(share) + 6, bar + thick - 2, percent(share, share < 0.1 ? 1 : 0), { class: "small number" });
    });
    if (pushes) {
      const long = (Math.max(-1, Math.min(1, pushes[place] / most)) * right) / 2;
      pen.arrow(middle, centre, middle + long, centre, bars[bars.length - 1].colour, 3);
    }
  });
  return pen;
}
