/** The reliability diagram: whether calibrated probabilities are right. */

import { endOfScale, h, score, svg, words } from "./dom.js";

const SIDE = 240;
const EDGE = 56;

/** Predicted probability against the share of positives, ten bins of as many rows each. The axes end where the bins do. */
export function reliability(label, bins) {
  const end = endOfScale(bins.flatMap((bin) => [bin.predicted, bin.seen]));
  const at = (value) => EDGE + (value / end) * SIDE;
  const up = (value) => 12 + (1 - value / end) * SIDE;
  const title = `Reliability of ${words(label)} on validation rows`;
  const spoken = bins.map((bin) => `${score(bin.predicted)} predicted, ${score(bin.seen)} seen`).join("; ");
  return h(
    "figure",
    {},
    svg(
      "svg",
      { viewBox: `0 0 ${SIDE + EDGE + 16} ${SIDE + 56}`, role: "img", "aria-label": `${title}: ${spoken}`, class: "diagram" },
      [0, 0.25, 0.5, 0.75, 1].map((part) => Number((part * end).toFixed(3))).map((value) => [
        svg("line", { x1: at(value), y1: up(0), x2: at(value), y2: up(end), class: "grid" }),
        svg("line", { x1: at(0), y1: up(value), x2: at(end), y2: up(value), class: "grid" }),
        svg("text", { x: at(value), y: up(0) + 16, "text-anchor": "middle" }, `${value}`),
        svg("text", { x: at(0) - 6, y: up(value) + 4, "text-anchor": "end" }, `${value}`),
      ]),
      svg("line", { x1: at(0), y1: up(0), x2: at(end), y2: up(end), class: "ideal" }),
      svg("polyline", { points: bins.map((bin) => `${at(bin.predicted)},${up(bin.seen)}`).join(" "), class: "line" }),
      bins.map((bin) => svg("circle", { cx: at(bin.predicted), cy: up(bin.seen), r: 4, class: "point" })),
      svg("text", { x: at(end / 2), y: up(0) + 36, "text-anchor": "middle" }, "predicted probability"),
      svg("text", { x: 12, y: up(end / 2), "text-anchor": "middle", transform: `rotate(-90 12 ${up(end / 2)})` }, "share of positives"),
    ),
    h("figcaption", {}, `${title}. On the dashed line, predictions and reality agree.${end < 1 ? ` Both axes end at ${end}: no bin lies beyond.` : ""}`),
  );
}
