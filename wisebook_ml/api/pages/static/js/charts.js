// Small charts as SVG. Each says in its label what it shows; `asTable` of parts.js gives its figures beside it.
import { el, svg } from "./dom.js";
import { t } from "./texts.js";

const HEIGHT = 250;
const LEFT = 64;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 26;
const MOST_TICKS = 5;

/** The width that a chart of the page has, in pixels: texts in it are then as large as elsewhere. */
export const roomFor = (columns = 1) => Math.max(280, Math.min(1180, document.getElementById("main").clientWidth - 74) / columns);

/** Round steps between two values: 1, 2 or 5 times a power of ten; of whole numbers, no parts, which would read as the same number twice. */
function ticks(low, high, whole) {
  const raw = Math.max((high - low || 1) / MOST_TICKS, whole ? 1 : 0);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((one) => one * power >= raw);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high + step / 1e6; at += 1) found.push(at * step);
  return found;
}

function frame({ label, labels, low, high, format, width, whole = false }) {
  const inner = width - LEFT - RIGHT;
  const x = (at) => LEFT + (labels.length > 1 ? (inner * at) / (labels.length - 1) : inner / 2);
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low || 1));
  const lines = ticks(low, high, whole).flatMap((value) => [
    svg("line", { class: value === 0 ? "axis" : "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
    svg("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, format(value)),
  ]);
  const every = Math.max(1, Math.ceil(labels.length / Math.floor(inner / 74)));
  const names = labels.map((text, at) => at % every === 0 &&
    svg("text", { x: x(at), y: HEIGHT - 8, "text-anchor": at === 0 ? "start" : at === labels.length - 1 ? "end" : "middle" }, text));
  return { x, y, inner, picture: svg("svg", { class: "chart", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label }, lines, names.filter(Boolean)) };
}

const known = (values) => values.filter((value) => Number.isFinite(value));

/** Lines over time with bands around them. Values may be null where there are none. */
export function lineChart({ label, labels, lines, bands = [], floor, format, width = roomFor() }) {
  const all = known([...lines.flatMap((one) => one.values), ...bands.flatMap((one) => [...one.low, ...one.high]), floor ?? NaN]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const { x, y, picture } = frame({ label, labels, low, high, format, width });
  for (const one of bands) {
    const there = one.low.map((value, at) => at).filter((at) => Number.isFinite(one.low[at]));
    const up = there.map((at) => `${x(at)},${y(one.high[at])}`);
    const down = there.toReversed().map((at) => `${x(at)},${y(one.low[at])}`);
    picture.append(svg("polygon", { class: `band ${one.kind ?? ""}`, points: [...up, ...down].join(" ") }));
  }
  if (floor !== undefined) picture.append(svg("line", { class: "floor", x1: LEFT, x2: width - RIGHT, y1: y(floor), y2: y(floor) }));
  for (const one of lines) {
    const points = one.values.map((value, at) => [value, at]).filter(([value]) => Number.isFinite(value));
    picture.append(svg("polyline", { class: `line ${one.kind ?? ""}`, points: points.map(([value, at]) => `${x(at)},${y(value)}`).join(" ") }));
  }
  const entries = [...lines.map((one) => [one.name, "line", one.kind]), ...bands.map((one) => [one.name, "band", one.kind])];
  if (floor !== undefined) entries.push([t("chart.floor"), "floor", ""]);
  return el("figure", { class: "figure" }, picture, legend(entries));
}

/** Bars beside each other, one group for each label. */
export function barChart({ label, labels, bars, format, width = roomFor() }) {
  const all = known(bars.flatMap((one) => one.values));
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all) || 1];
  const { y, inner, picture } = frame({ label, labels: [], low, high, format, width, whole: all.every(Number.isInteger) });
  const group = inner / Math.max(labels.length, 1);
  const each = Math.max(1, (group * 0.76) / bars.length);
  const every = Math.max(1, Math.ceil(labels.length / Math.floor(inner / 64)));
  labels.forEach((text, at) => {
    bars.forEach((one, place) => {
      const value = one.values[at] ?? 0;
      const [above, below] = [Math.min(y(value), y(0)), Math.max(y(value), y(0))];
      const left = LEFT + group * at + group * 0.12 + each * place;
      picture.append(svg("rect", { class: `bar ${one.kind ?? ""}`, x: left, y: above, width: Math.max(each - 1, 1), height: Math.max(below - above, 0) }));
    });
    if (at % every === 0) picture.append(svg("text", { x: LEFT + group * (at + 0.5), y: HEIGHT - 8, "text-anchor": "middle" }, text));
  });
  return el("figure", { class: "figure" }, picture, bars.length > 1 && legend(bars.map((one) => [one.name, "bar", one.kind])));
}

function legend(entries) {
  const marks = {
    line: (kind) => svg("line", { class: `line ${kind ?? ""}`, x1: 0, x2: 26, y1: 6, y2: 6 }),
    floor: () => svg("line", { class: "floor", x1: 0, x2: 26, y1: 6, y2: 6 }),
    band: (kind) => svg("rect", { class: `band ${kind ?? ""}`, width: 26, height: 12 }),
    bar: (kind) => svg("rect", { class: `bar ${kind ?? ""}`, x: 7, width: 12, height: 12 }),
  };
  return el("ul", { class: "legend", "aria-hidden": "true" }, entries.filter(([name]) => name).map(([name, mark, kind]) =>
    el("li", {}, svg("svg", { class: "chart", viewBox: "0 0 26 12" }, marks[mark](kind)), name)));
}
