// What was counted of a company, and what drift was found in its models.
import { get } from "./api.js";
import { byId, el } from "./dom.js";
import { barChart, roomFor } from "./charts.js";
import * as format from "./format.js";
import { asTable, card, companyTool, empty, failure, figures, load, pill, severity, table } from "./parts.js";
import { name, t, told } from "./texts.js";

const SPANS = { "24h": { pas: "HEURE", limit: 24 }, "7d": { pas: "JOUR", limit: 7 }, "30d": { pas: "JOUR", limit: 30 } };
const SEVERITIES = ["CRITIQUE", "ELEVEE", "MOYENNE", "FAIBLE", "INFO"];
const content = byId("content");
let societe;

const span = el("select", { id: "span", onchange: () => refresh() }, Object.keys(SPANS).map((one) => el("option", { value: one, selected: one === "30d" }, t(`span.${one}`))));
byId("tools").append(el("div", { class: "field" }, el("label", { for: "span" }, t("span")), span));

const refresh = () => load(content, async () => {
  // What one part cannot say keeps no other from being shown.
  const [counts, drift] = await Promise.all([
    windowsOf().then(counted).catch((error) => failure(error, refresh)),
    get("modeles/detect_drift/", { societe, limit: 20 }).then(drifted, (error) => failure(error, refresh)),
  ]);
  return [counts, drift];
});

/** The windows that were published; where none was yet, as they are this moment. The earliest comes first. */
async function windowsOf() {
  const { results } = await get("statistiques/", { societe, ...SPANS[span.value] });
  if (results.length) return results.toReversed();
  return get("statistiques/fenetres/", { societe, dernier: span.value }).then((told) => told.panneaux, (error) => {
    if (error.status === 404) return [];
    throw error;
  });
}

const total = (counts) => Object.values(counts ?? {}).reduce((sum, one) => sum + one, 0);

function summed(windows, field) {
  const found = {};
  for (const one of windows) for (const [key, count] of Object.entries(one[field] ?? {})) found[key] = (found[key] ?? 0) + count;
  return found;
}

function counted(windows) {
  if (!windows.length) return card(t("statistics.summary"), empty(t("statistics.none")));
  const entries = windows.reduce((sum, one) => sum + one.ecritures, 0);
  const codes = summed(windows, "detections");
  const verdicts = summed(windows, "avis");
  const last = windows.at(-1);
  const when = span.value === "24h" ? (one) => format.hour(one.debut) : (one) => format.dayAndMonth(one.debut);
  const rates = windows.filter((one) => one.taux_faux_positifs !== undefined);
  return [
    card(t("statistics.span", { from: format.date(windows[0].debut), to: format.date(last.debut) }), figures([
      [t("statistics.entries"), format.number(entries)],
      [t("nav.detections"), format.number(total(codes))],
      [t("statistics.rate"), format.percent(entries ? total(codes) / entries : null, 2)],
      [t("statistics.verdicts"), format.number(total(verdicts))],
      [t("statistics.false"), format.percent(rates.at(-1)?.taux_faux_positifs)],
      [t("statistics.latency"), last.latence_mediane_ms === undefined ? "–" : format.duration(last.latence_mediane_ms / 1000)],
    ])),
    el("div", { class: "columns" },
      chartCard(t("statistics.entries"), windows, when, (one) => one.ecritures),
      chartCard(t("nav.detections"), windows, when, (one) => total(one.detections))),
    el("div", { class: "columns" }, byCode(codes, last), bySeverity(summed(windows, "severites"))),
    scores(windows),
  ];
}

function chartCard(title, windows, when, of) {
  const columns = [{ title: t("from"), of: when, head: true }, { title, of: (one) => format.number(of(one)), number: true }];
  const values = windows.map(of);
  const label = t("chart.bars.label", { title, most: format.number(Math.max(...values)), sum: format.number(values.reduce((a, b) => a + b, 0)) });
  const wide = matchMedia("(min-width: 62rem)").matches;
  return card(title, barChart({ label, labels: windows.map(when), bars: [{ name: title, values }], format: format.number, width: roomFor(wide ? 2 : 1) - (wide ? 36 : 0) }),
    asTable(title, columns, windows));
}

function byCode(codes, last) {
  const rows = Object.entries(codes).sort(([, a], [, b]) => b - a);
  if (!rows.length) return card(t("statistics.codes"), empty(t("statistics.no_detections")));
  return card(t("statistics.codes"), table(t("statistics.codes.lead"), [
    { title: t("statistics.code"), of: ([code]) => name("code", code), head: true },
    { title: t("nav.detections"), of: ([, count]) => format.number(count), number: true },
    { title: t("statistics.false"), of: ([code]) => format.percent(last.taux_controles?.[code]), number: true },
  ], rows));
}

function bySeverity(counts) {
  if (!total(counts)) return card(t("severity"), empty(t("statistics.no_detections")));
  return card(t("severity"), table(t("statistics.severities"), [
    { title: t("severity"), of: (one) => severity(one), head: true },
    { title: t("nav.detections"), of: (one) => format.number(counts[one] ?? 0), number: true },
  ], SEVERITIES));
}

function scores(windows) {
  const bars = Array.from({ length: 20 }, (_, at) => windows.reduce((sum, one) => sum + (one.scores?.[at] ?? 0), 0));
  if (!bars.some(Boolean)) return null;
  const labels = bars.map((_, at) => String(at * 5));
  const columns = [{ title: t("score"), of: ([at]) => `${at * 5}–${at * 5 + 5}`, head: true }, { title: t("statistics.entries"), of: ([, count]) => format.number(count), number: true }];
  return card(t("statistics.scores"), barChart({ label: t("statistics.scores"), labels, bars: [{ values: bars }], format: format.number }),
    asTable(t("statistics.scores"), columns, [...bars.entries()]));
}

function drifted({ results }) {
  if (!results.length) return card(t("drift"), empty(t("drift.none")));
  return card(t("drift"), el("div", { class: "stack" }, results.map((one, at) => report(one, at === 0))));
}

function report(one, latest) {
  const moved = one.variables.filter((variable) => variable.avant?.length);
  const remarks = told(one, "remarques") || [];
  return el("details", { open: one.derive && latest },
    el("summary", {}, t("model.version", { id: one.modele_id, version: one.version }), " · ", format.moment(one.echeance), " ",
      pill(t(one.derive ? "drift.found" : "drift.not"), one.derive ? "warn" : "good")),
    remarks.map((text) => el("p", { class: "muted" }, text)),
    one.variables.length > 0 && table(t("drift.moved"), [
      { title: t("drift.variable"), of: (variable) => told(variable, "libelle") || variable.variable, head: true },
      { title: t("drift.measure"), of: (variable) => variable.mesure },
      { title: t("drift.value"), of: (variable) => format.number(variable.valeur, 2), number: true },
      { title: t("drift.threshold"), of: (variable) => format.number(variable.seuil, 2), number: true },
    ], one.variables),
    el("div", { class: "columns" }, moved.slice(0, 6).map(shares)));
}

function shares(variable) {
  const edge = (at) => format.number(variable.bornes[at], Math.abs(variable.bornes.at(-1) - variable.bornes[0]) < 10 ? 1 : 0);
  const labels = variable.bornes?.length ? variable.avant.map((_, at) => edge(at)) : variable.valeurs.map((one) => one.slice(0, 10));
  const bars = [{ name: t("drift.before"), values: variable.avant, kind: "pale" }, { name: t("drift.after"), values: variable.apres, kind: "second" }];
  return el("section", {}, el("h3", {}, variable.variable),
    barChart({ label: told(variable, "libelle") || variable.variable, labels, bars, format: (value) => format.percent(value), width: 480 }));
}

companyTool((id) => {
  societe = id;
  refresh();
}).catch((error) => load(content, () => { throw error; }));
