/** Spans of a text: the service counts code points, the browser counts UTF-16 units. */

/** The text in pieces, `{text, score}`; score is null between spans. Spans are in order. */
export function pieces(text, spans) {
  const points = Array.from(text);
  const found = [];
  let end = 0;
  for (const span of spans) {
    if (span.begin > end) found.push({ text: points.slice(end, span.begin).join(""), score: null });
    found.push({ text: points.slice(span.begin, span.end).join(""), score: span.score });
    end = span.end;
  }
  if (end < points.length) found.push({ text: points.slice(end).join(""), score: null });
  return found;
}

/** Which of five shades a weight gets. */
export const shade = (score) => `weight-${Math.min(5, Math.max(1, Math.ceil(score * 5)))}`;
