// Cash: the forecast of a company's balance with its intervals, the risk of passing a floor, and scenarios.
import { get, post } from "./api.js";
import { byId, el, show } from "./dom.js";
import { lineChart } from "./charts.js";
import * as format from "./format.js";
import { act, asTable, card, companyTool, empty, figures, load, notice } from "./parts.js";
import { t } from "./texts.js";

const KINDS = ["EMPRUNT", "INVESTISSEMENT", "FLUX", "RETARD"];
const content = byId("content");

function question(societe) {
  load(content, async () => {
    let forecast;
    try {
      forecast = await get(`tresorerie/${societe}/`);
    } catch (error) {
      if (error.status !== 404) throw error;
      return [empty(t("treasury.none")), el("p", { class: "muted small" }, error.message)];
    }
    const result = el("div", { class: "content" });
    show(result, answer(forecast));
    return [result, scenario(societe, forecast, result)];
  });
}

function answer(forecast, changed) {
  const shown = changed ?? forecast;
  const dry = shown.liquidite;
  const money = (value) => format.money(value, shown.devise, 0);
  const last = shown.jours.at(-1);
  return [
    shown.positions_des_ecritures && notice(t("treasury.derived")),
    dry.date_alerte && notice(t("treasury.dry", { floor: money(dry.plancher), date: format.date(dry.date_alerte) }), "bad"),
    card(t(changed ? "treasury.summary.changed" : "treasury.summary", { date: format.date(shown.dernier_jour) }), figures([
      [t("treasury.balance"), money(shown.solde)],
      [t("treasury.end", { days: shown.horizon }), money(last.solde.moyenne)],
      changed && [t("treasury.without", { days: shown.horizon }), money(forecast.jours.at(-1).solde.moyenne)],
      [t("treasury.low", { date: format.date(dry.date_point_bas) }), money(dry.point_bas)],
      [t("treasury.risk", { floor: money(dry.plancher) }), format.probability(dry.probabilite), dry.date_alerte ? "bad" : null],
    ].filter(Boolean))),
    card(t("treasury.chart"), chart(forecast, changed), asTable(t("treasury.chart"), [
      { title: t("date"), of: (day) => format.date(day.date), head: true },
      { title: t("treasury.expected"), of: (day) => money(day.solde.moyenne), number: true },
      { title: t("treasury.interval", { share: 80 }), of: (day) => day.solde.intervalle_80.map(money).join(" – "), number: true },
      { title: t("treasury.interval", { share: 95 }), of: (day) => day.solde.intervalle_95.map(money).join(" – "), number: true },
      { title: t("treasury.in"), of: (day) => money(day.entrees.moyenne), number: true },
      { title: t("treasury.out"), of: (day) => money(day.sorties.moyenne), number: true },
    ], shown.jours)),
  ];
}

function chart(forecast, changed) {
  const shown = changed ?? forecast;
  const days = shown.jours;
  const bound = (share, side) => days.map((day) => day.solde[`intervalle_${share}`][side]);
  const lines = [{ name: t(changed ? "treasury.changed" : "treasury.expected"), values: days.map((day) => day.solde.moyenne), kind: changed ? "second" : "" }];
  if (changed) lines.unshift({ name: t("treasury.expected"), values: forecast.jours.map((day) => day.solde.moyenne) });
  const kind = changed ? "second" : "";
  const bands = [95, 80].map((share) => ({ name: t("treasury.interval", { share }), low: bound(share, 0), high: bound(share, 1), kind: `${kind} ${share === 80 ? "inner" : ""}` }));
  return lineChart({
    label: t("treasury.chart.label", {
      from: format.money(shown.solde, shown.devise, 0), to: format.money(days.at(-1).solde.moyenne, shown.devise, 0), days: days.length,
    }),
    labels: days.map((day) => format.dayAndMonth(day.date)), lines, bands, floor: shown.liquidite.plancher,
    format: (value) => format.short(value, shown.devise),
  });
}

// A scenario of one change: enough for a question of one sentence; the API takes fifty.

function scenario(societe, forecast, result) {
  const kind = el("select", { id: "kind" }, KINDS.map((one) => el("option", { value: one }, t(`scenario.${one}`))));
  const first = forecast.jours[0].date;
  const fields = {
    date: el("input", { id: "date", type: "date", required: true, value: forecast.jours[Math.min(14, forecast.jours.length - 1)].date, min: first, max: forecast.jours.at(-1).date }),
    montant: el("input", { id: "montant", type: "number", required: true, step: "any", value: "50000" }),
    mois: el("input", { id: "mois", type: "number", min: 1, max: 600, step: 1, value: "36" }),
    taux: el("input", { id: "taux", type: "number", min: 0, max: 99, step: "any", value: "4" }),
    retours: el("input", { id: "retours", type: "number", min: 0, step: "any", value: "0" }),
    client: el("input", { id: "client", required: true, maxlength: 200, value: "*" }),
    jours: el("input", { id: "jours", type: "number", min: 1, max: 3650, step: 1, value: "30", required: true }),
  };
  const of = { EMPRUNT: ["date", "montant", "mois", "taux"], INVESTISSEMENT: ["date", "montant", "retours", "mois"], FLUX: ["date", "montant"], RETARD: ["client", "jours"] };
  const boxes = Object.fromEntries(Object.entries(fields).map(([key, input]) =>
    [key, el("div", { class: "field" }, el("label", { for: key }, t(`scenario.${key}`)), input)]));
  const place = el("div", { class: "filters" });
  const arrange = () => show(place, el("div", { class: "field" }, el("label", { for: "kind" }, t("scenario.kind")), kind), of[kind.value].map((key) => boxes[key]));
  kind.addEventListener("change", arrange);
  arrange();
  const failed = el("div", {});
  const button = el("button", { type: "submit", class: "primary" }, t("scenario.ask"));
  const reset = el("button", { type: "button", onclick: () => show(result, answer(forecast)) }, t("scenario.reset"));
  return card(t("scenario"), el("p", { class: "muted lead" }, t("scenario.lead")), el("form", { onsubmit: (event) => {
    event.preventDefault();
    act(button, async () => {
      const change = { type: kind.value };
      for (const key of of[kind.value]) {
        const { value, type } = fields[key];
        if (value !== "") change[key] = type === "number" ? Number(value) : value.trim();
      }
      const found = await post(`tresorerie/${societe}/scenario/`, { changements: [change] });
      show(result, answer(found.sans, found.avec));
      result.scrollIntoView({ block: "start" });
    }, failed);
  } }, place, el("div", { class: "actions" }, button, reset)), failed);
}

companyTool(question).catch((error) => load(content, () => { throw error; }));
