// The list of detections: the most serious or the latest, those that come while one looks, and one of them in full.
import { get } from "./api.js";
import { announce, byId, el, show } from "./dom.js";
import { showDetail, title } from "./detail.js";
import * as format from "./format.js";
import { listen } from "./live.js";
import { installMissed } from "./missed.js";
import { companies, empty, failure, severity } from "./parts.js";
import { isOne, name, t, told } from "./texts.js";

const PAGE = 50;
const DAYS = 3660;
const LEVELS = ["CRITIQUE", "ELEVEE", "MOYENNE", "FAIBLE", "INFO"];

/** Rows that are kept: a storm of detections must not fill the memory of a phone. */
const MOST = 500;

/** Detections that come within this time are shown at once, in milliseconds: under what a person notices. */
const TOGETHER = 150;

const NARROW = matchMedia("(max-width: 62rem)");

const filters = byId("filters");
const list = byId("list");
const detail = byId("detail");
const more = byId("more");

let shown = new Map();
let count = 0;
let counted = true;
let next;
let chosen = null;
let asked = null;
let waiting = new Map();
let timer = null;

/** What has come since the page was opened: storage may be behind, so that a page of the list lacks it. */
const come = new Map();

const chosenFilters = () => Object.fromEntries(new FormData(filters));

/** Whether a filter keeps something from being shown. */
function narrowed() {
  const { societe, severite, etat } = chosenFilters();
  return Boolean(societe || severite || etat !== "OUVERTE");
}

/** A page from a place on, which is `next` of the page before: {results, count, counted, next}. */
async function fetchPage(from = {}) {
  const { ordre, ...wanted } = chosenFilters();
  asked?.abort();
  asked = new AbortController();
  const options = { signal: asked.signal };
  if (ordre === "serieux" && !wanted.severite) return bySeverity(wanted, from, options);
  const recent = ordre === "recent";
  const parameters = { ...wanted, limit: PAGE, cursor: from.cursor, days: recent ? DAYS : undefined };
  const page = await get(recent ? "detections/recent/" : "detections/", parameters, options);
  return { ...page, next: page.next && { cursor: page.next } };
}

/** The most serious first: one severity after the other, since the API has the highest score first. */
async function bySeverity(wanted, { level = 0, cursor }, options) {
  const counting = level || cursor ? null : get("detections/", { ...wanted, limit: 1 }, options);
  const results = [];
  while (level < LEVELS.length && results.length < PAGE) {
    const parameters = { ...wanted, severite: LEVELS[level], limit: PAGE - results.length, cursor };
    const page = await get("detections/", parameters, options);
    results.push(...page.results);
    cursor = page.next;
    if (!cursor) level += 1;
  }
  const whole = await counting;
  return { results, count: whole?.count ?? count, counted: whole?.counted ?? counted, next: level < LEVELS.length ? { level, cursor } : undefined };
}

async function refresh() {
  list.setAttribute("aria-busy", "true");
  show(byId("problem"));
  try {
    const page = await fetchPage();
    shown = new Map();
    list.replaceChildren();
    take(page);
    for (const detection of come.values()) if (!shown.has(detection.detection_id)) replaceOrAdd(detection);
    if (!shown.size) show(byId("problem"), empty(t(narrowed() ? "detections.none" : "detections.none.yet")));
    const wanted = location.hash.slice(1);
    if (wanted && wanted !== chosen) await open(wanted);
    else if (!chosen && !NARROW.matches && shown.size) open([...shown.keys()][0], { quietly: true });
  } catch (error) {
    if (error.name !== "AbortError") show(byId("problem"), failure(error, refresh));
  } finally {
    list.setAttribute("aria-busy", "false");
  }
}

function take(page) {
  for (const detection of page.results) if (!shown.has(detection.detection_id)) list.append(rowOf(detection));
  next = page.next;
  more.hidden = !next;
  setCount(page.count, page.counted);
}

function setCount(value, exact = true) {
  [count, counted] = [value, exact];
  const key = !counted ? "detections.count.more" : isOne(value) ? "detections.count.one" : "detections.count";
  byId("count").textContent = t(key, { count: format.number(value) });
}

function rowOf(detection, { fresh = false } = {}) {
  const id = detection.detection_id;
  const button = el("button", { type: "button", class: "row", "aria-current": id === chosen ? "true" : null, onclick: () => open(id) });
  const item = el("li", { "data-id": id, class: [fresh && "fresh", detection.etat === "CLOSE" && "closed"].filter(Boolean).join(" ") || null }, button);
  shown.set(id, { detection, item, button });
  fillRow(button, detection);
  return item;
}

function fillRow(button, detection) {
  const [first, ...others] = detection.motifs;
  const verdict = detection.avis?.verdict;
  const meta = [
    el("span", {}, title(detection)),
    detection.ecriture_date && el("span", {}, format.date(detection.ecriture_date)),
    el("span", {}, t("company.number", { id: detection.societe_id })),
    others.length > 0 && el("span", {}, t(isOne(others.length) ? "reasons.more.one" : "reasons.more", { count: others.length })),
    detection.etat === "CLOSE" && el("span", {}, t("state.closed.one")),
    verdict && el("span", { class: "judged" }, "✓ ", name("avis", verdict)),
  ];
  show(button, severity(detection.severite), el("span", { class: "amount" }, format.money(detection.montant)),
    el("span", { class: "why" }, first ? told(first, "libelle") : t("detections.closed")), el("span", { class: "meta" }, meta));
}

async function open(id, { quietly = false } = {}) {
  shown.get(chosen)?.button.removeAttribute("aria-current");
  chosen = id;
  shown.get(id)?.button.setAttribute("aria-current", "true");
  if (!quietly) history.replaceState(null, "", `#${id}`);
  const callbacks = { onBack: back, onJudged: judged };
  try {
    const detection = shown.get(id)?.detection ?? await get(`detections/${encodeURIComponent(id)}/`);
    if (chosen !== id) return;
    const heading = showDetail(detail, detection, callbacks);
    if (quietly) return;
    document.body.classList.add("detail-open");
    if (NARROW.matches) {
      heading.focus();
      scrollTo(0, 0);
    }
    detail.scrollTop = 0;
  } catch (error) {
    show(detail, failure(error, () => open(id)));
  }
}

function back() {
  document.body.classList.remove("detail-open");
  history.replaceState(null, "", location.pathname + location.search);
  shown.get(chosen)?.button.focus();
}

function judged(detection, avis) {
  const known = shown.get(detection.detection_id);
  if (!known) return;
  known.detection = { ...known.detection, avis };
  fillRow(known.button, known.detection);
}

// What comes while one looks

function passes(detection) {
  const { societe, severite, etat } = chosenFilters();
  return (!societe || Number(societe) === detection.societe_id) && (!severite || severite === detection.severite)
    && (!etat || etat === detection.etat);
}

function arrived(detection) {
  come.delete(detection.detection_id);
  come.set(detection.detection_id, detection);
  if (come.size > PAGE) come.delete(come.keys().next().value);
  waiting.set(detection.detection_id, detection);
  timer ??= setTimeout(flush, TOGETHER);
}

function flush() {
  timer = null;
  const now = [...waiting.values()].slice(-MOST);
  waiting = new Map();
  let added = 0;
  for (const detection of now) added += replaceOrAdd(detection);
  trim();
  if (!added) return;
  byId("problem").replaceChildren();
  setCount(count + added, counted);
  announce(t(isOne(added) ? "live.new.one" : "live.new", { count: format.number(added) }));
}

function replaceOrAdd(detection) {
  const known = shown.get(detection.detection_id);
  if (known) {
    // A record knows no verdicts: that of the same revision stands still.
    if (known.detection.revision === detection.revision) detection.avis = known.detection.avis;
    known.detection = detection;
    fillRow(known.button, detection);
    known.item.classList.toggle("closed", detection.etat === "CLOSE");
    flash(known.item);
    if (detection.detection_id === chosen && !detail.contains(document.activeElement)) {
      showDetail(detail, detection, { onBack: back, onJudged: judged });
    }
    return 0;
  }
  if (!passes(detection)) return 0;
  // On top, whatever the order: what has just come is what one waits for.
  list.prepend(rowOf(detection, { fresh: true }));
  return 1;
}

function flash(item) {
  item.classList.remove("fresh");
  void item.offsetWidth;
  item.classList.add("fresh");
}

function trim() {
  while (list.children.length > MOST) {
    const last = list.lastElementChild;
    if (last.contains(document.activeElement)) break;
    shown.delete(last.dataset.id);
    last.remove();
    more.hidden = true;
  }
}

function setLive(state) {
  const place = byId("live");
  place.dataset.state = state;
  place.lastElementChild.textContent = t(`live.${state}`);
}

// Keys, filters, and the beginning

list.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const rows = [...list.querySelectorAll(".row")];
  const at = rows.indexOf(document.activeElement);
  const target = rows[at + step];
  if (at < 0 || !target) return;
  event.preventDefault();
  target.focus();
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("detail-open")) back();
});

addEventListener("hashchange", () => {
  const wanted = location.hash.slice(1);
  if (!wanted || wanted === chosen) return;
  open(wanted);
  scrollTo(0, 0);
});

filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("change", () => {
  chosen = null;
  const url = new URL(location.href);
  for (const [key, value] of Object.entries(chosenFilters())) {
    if (value) url.searchParams.set(key, value);
    else url.searchParams.delete(key);
  }
  url.hash = "";
  history.replaceState(null, "", url);
  refresh();
});

more.addEventListener("click", async () => {
  more.disabled = true;
  try {
    const before = shown.size;
    take(await fetchPage(next));
    list.children[before]?.querySelector("button").focus();
  } catch (error) {
    show(byId("problem"), failure(error));
  } finally {
    more.disabled = false;
  }
});

installMissed();
listen("detections/flux/", {}, { detection: arrived, lacune: refresh }, setLive);
for (const one of await companies().catch(() => [])) {
  for (const id of ["societe", "export-societe", "missed-societe"]) byId(id)?.append(el("option", { value: one.id }, one.label));
}
const today = new Date().toISOString().slice(0, 10);
byId("export-depuis").value = `${today.slice(0, 4) - 1}-01-01`;
byId("export-jusque").value = today;
for (const [key, value] of new URLSearchParams(location.search)) {
  const field = filters.elements.namedItem(key);
  if (field && [...field.options].some((one) => one.value === value)) field.value = value;
}
await refresh();
