// What several pages show alike.
import { Problem, get } from "./api.js";
import { add, announce, byId, el, show, svg } from "./dom.js";
import { name, t } from "./texts.js";

const SEVERITIES = ["INFO", "FAIBLE", "MOYENNE", "ELEVEE", "CRITIQUE"];

/** How serious: in words, by a number of bars, and last by a colour. */
export function severity(value) {
  const level = SEVERITIES.indexOf(value) + 1;
  const bars = [1, 2, 3, 4, 5].map((k) =>
    svg("rect", { x: 4 * (k - 1) + 0.5, y: 13 - 2.4 * k, width: 2.6, height: 2.4 * k, class: k <= level ? null : "off" }),
  );
  const picture = svg("svg", { class: "bars", viewBox: "0 0 20 14", "aria-hidden": "true" }, bars);
  return el("span", { class: `tag ${value}` }, picture, name("severity", value));
}

export const pill = (text, kind = "") => el("span", { class: `tag pill ${kind}` }, text);

export const notice = (text, kind = "") => el("p", { class: `notice ${kind}`, role: kind === "bad" ? "alert" : null }, text);

export const empty = (text) => el("p", { class: "empty" }, text);

/** Why something could not be shown, with a button that tries again. */
export function failure(error, again) {
  if (!(error instanceof Problem)) console.error(error);
  const words = error instanceof Problem ? error.message : t("problem.page");
  const button = again && el("button", { type: "button", class: "small", onclick: again }, t("again"));
  return el("div", { class: "notice bad", role: "alert" }, el("p", {}, words), button && el("p", { class: "actions" }, button));
}

/** Fill a place with what comes; while it comes it is busy, and what went wrong is said there. */
export async function load(place, make) {
  place.setAttribute("aria-busy", "true");
  try {
    show(place, await make());
  } catch (error) {
    if (error.name === "AbortError") return;
    show(place, failure(error, () => load(place, make)));
  } finally {
    place.setAttribute("aria-busy", "false");
  }
}

export function card(title, ...children) {
  return el("section", { class: "card" }, el("h2", {}, title), ...children);
}

/** Figures with what they are of: pairs of a label and a value. */
export function figures(pairs) {
  return el("dl", { class: "figures" }, pairs.map(([label, value, kind]) =>
    el("div", {}, el("dt", {}, label), el("dd", { class: kind }, value))));
}

/**
 * A table that scrolls by itself where it is wider than the page.
 * `columns`: {title, of: row => content, number, head}; `head` marks the column that names the row.
 */
export function table(caption, columns, rows, { cards = true, className = () => "" } = {}) {
  const head = el("thead", {}, el("tr", {}, columns.map((one) =>
    el("th", { scope: "col", class: one.number ? "number" : null }, one.title))));
  const body = el("tbody", {}, rows.map((row) => el("tr", { class: className(row) || null }, columns.map((one) => {
    const attributes = { class: one.number ? "number" : null, "data-label": one.title };
    return one.head ? el("th", { scope: "row" }, one.of(row)) : el("td", attributes, one.of(row));
  }))));
  const made = el("table", { class: cards ? "cards" : null }, el("caption", {}, caption), head, body);
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
}

/** The details that stand for a picture, for who does not see it or wants the figures. */
export const asTable = (caption, columns, rows) =>
  el("details", {}, el("summary", {}, t("chart.table")), table(caption, columns, rows, { cards: false }));

/** Do what a button asks for, once at a time; what went wrong is said beside it. */
export async function act(button, work, place) {
  button.disabled = true;
  place?.replaceChildren();
  try {
    await work();
  } catch (error) {
    if (place) add(place, failure(error));
    else announce(error.message);
  } finally {
    button.disabled = false;
  }
}

/** The companies that may be chosen, with how many of their detections stand. */
export async function companies() {
  const { results } = await get("societes/");
  return results.map((one) => ({ id: one.societe_id, label: t("company.number", { id: one.societe_id }), open: one.total }));
}

const REMEMBERED = "wisebook-societe";

/** A choice of one company in the tools of a page; remembered, and given to `onChange` at once. */
export async function companyTool(onChange) {
  const all = await companies();
  const asked = Number(new URLSearchParams(location.search).get("societe") || localStorage.getItem(REMEMBERED));
  const chosen = all.some((one) => one.id === asked) ? asked : all[0]?.id;
  if (chosen === undefined) {
    show(byId("content"), empty(t("company.none")));
    byId("content").setAttribute("aria-busy", "false");
    return;
  }
  const select = el("select", { id: "societe", onchange: () => change(Number(select.value)) },
    all.map((one) => el("option", { value: one.id, selected: one.id === chosen }, one.label)));
  add(byId("tools"), el("div", { class: "field" }, el("label", { for: "societe" }, t("company")), select));

  function change(id) {
    localStorage.setItem(REMEMBERED, id);
    const url = new URL(location.href);
    url.searchParams.set("societe", id);
    history.replaceState(null, "", url);
    onChange(id);
  }
  onChange(chosen);
}
