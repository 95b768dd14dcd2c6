/** How scores are spread, with a threshold to drag. */

import { counted, fill, h, score, svg } from "./dom.js";

const BINS = 50;
const WIDTH = 600;
const HEIGHT = 120;

/**
 * The diagram with its slider and the size of a queue.
 *
 * onthreshold: told the threshold when it moves.
 */
export function histogram({ onthreshold }) {
  let values = [];
  let flagged = [];
  const drawing = h("div", { class: "bins", onpointerdown: grabbed, onpointermove: dragged });
  const highest = h("p", { class: "small" });
  const told = h("p", { role: "status" });
  const slider = h("input", { type: "range", class: "sliding", id: "threshold", min: "0", max: "1", step: "0.001", value: "0.5", oninput: () => moved() });
  const number = h("output", { for: "threshold" });
  const capacity = h("input", { type: "number", id: "capacity", min: "1", value: "200", oninput: tell });
  const days = h("input", { type: "number", id: "days", min: "1", value: "1", oninput: tell });
  const fits = h("span", {});
  const use = h("button", { type: "button", onclick: () => move(thresholdFor(capacity.value * days.value)) }, "Use it");

  function draw() {
    const counts = new Array(BINS).fill(0);
    for (const value of values) counts[Math.min(BINS - 1, Math.floor(value * BINS))] += 1;
    const most = Math.max(...counts);
    const threshold = Number(slider.value);
    fill(highest, `The highest bar holds ${counted(most, "post")}. Bars are as high as the square root of their count, so that small ones are seen.`);
    fill(
      drawing,
      svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "histogram", role: "img", "aria-label": `Scores of ${values.length} posts in ${BINS} bins; ${flagged.length} at or over ${score(threshold)}`, preserveAspectRatio: "none" },
        counts.map((count, index) => {
          // The root shows a bin of one beside a bin of ten thousand.
          const height = Math.sqrt(count / Math.max(1, most)) * HEIGHT;
          const over = (index + 1) / BINS > threshold;
          return svg("rect", { x: (index * WIDTH) / BINS + 0.5, y: HEIGHT - height, width: WIDTH / BINS - 1, height, class: over ? "over" : "under" });
        }),
        svg("line", { x1: threshold * WIDTH, x2: threshold * WIDTH, y1: 0, y2: HEIGHT, class: "threshold" }),
      ),
    );
  }

  /** The threshold follows the pointer on the diagram too; the slider is for those who have none. */
  function grabbed(event) {
    if (event.button !== 0) return;
    drawing.setPointerCapture(event.pointerId);
    dragged(event);
  }

  function dragged(event) {
    if (!drawing.hasPointerCapture(event.pointerId)) return;
    const { left, width } = drawing.getBoundingClientRect();
    move(Math.min(1, Math.max(0, (event.clientX - left) / width)));
  }

  /** The lowest threshold that flags no more than so many. */
  function thresholdFor(room) {
    const sorted = Float64Array.from(values).sort();
    const left = sorted.length - Math.max(0, Math.floor(room));
    if (left <= 0) return 0;
    return Math.min(1, Math.floor(sorted[left - 1] * 1000 + 1) / 1000);
  }

  function tell() {
    const share = values.length ? ((100 * flagged.length) / values.length).toFixed(1) : "0.0";
    fill(told, `${flagged.length.toLocaleString("en")} of ${values.length.toLocaleString("en")} posts (${share} %) are at or over ${score(Number(slider.value))}.`);
    const threshold = thresholdFor(capacity.value * days.value);
    const held = values.filter((value) => value >= threshold).length;
    fill(fits, ` would hold the ${held.toLocaleString("en")} highest, from a threshold of ${score(threshold)}. `);
  }

  function moved() {
    const threshold = Number(slider.value);
    number.value = score(threshold);
    flagged = values.filter((value) => value >= threshold);
    draw();
    tell();
    onthreshold(threshold);
  }

  function move(threshold) {
    slider.value = String(threshold);
    moved();
  }

  return {
    element: h(
      "div",
      { class: "spread" },
      drawing,
      h("div", { class: "scale", "aria-hidden": "true" }, [0, 0.25, 0.5, 0.75, 1].map((value) => h("span", {}, String(value)))),
      slider,
      h("p", {}, h("label", { for: "threshold" }, "Threshold "), number),
      told,
      h("p", {}, h("label", { for: "capacity" }, "A queue of "), capacity, h("label", { for: "days" }, " posts a day, over the file's days: "), days, fits, use),
      highest,
    ),
    /** Show other values. */
    show(given, threshold) {
      values = given;
      move(threshold ?? Number(slider.value));
    },
  };
}
