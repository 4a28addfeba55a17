// Alerts: what a person should look at now, and who has taken note of it.
import { get, may, post } from "./api.js";
import { announce, byId, el, show } from "./dom.js";
import * as format from "./format.js";
import { listen } from "./live.js";
import { act, empty, load, pill, severity } from "./parts.js";
import { isOne, name, t, told } from "./texts.js";

const PAGE = 50;
const KINDS = { ACQUITTEE: "", RESOLUE: "good" };
const MOST_LINKS = 8;

/** Streams tell of storage sooner than it is written: so long after, the list is read anew, in milliseconds. */
const SETTLED = 1_500;

const content = byId("content");
const state = el("select", { id: "etat", onchange: () => refresh() },
  ["OUVERTE", "ACQUITTEE", "RESOLUE", ""].map((one) => el("option", { value: one }, t(one ? `alertes.${one}` : "state.any"))));
byId("tools").append(el("div", { class: "field" }, el("label", { for: "etat" }, t("state")), state));

const refresh = () => load(content, async () => {
  const { count, results } = await get("alertes/", { etat: state.value, limit: PAGE });
  if (!count) return empty(t(state.value === "OUVERTE" ? "alerts.none.open" : "alerts.none"));
  return [el("p", { class: "muted" }, t(isOne(count) ? "alerts.count.one" : "alerts.count", { count: format.number(count) })), el("div", { class: "items" }, results.map(shown)),
    count > results.length && el("p", { class: "muted" }, t("alerts.first", { count: format.number(results.length) }))];
});

function shown(alert) {
  const failed = el("div", {});
  const facts = [
    t("company.number", { id: alert.societe_id }),
    alert.nombre && t(isOne(alert.nombre) ? "detections.count.one" : "detections.count", { count: format.number(alert.nombre) }),
    alert.montant && format.money(alert.montant),
    alert.ouverte_le && t("alerts.since", { when: format.moment(alert.ouverte_le) }),
    alert.escalade && t("alerts.escalated", { times: alert.escalade }),
  ];
  const taken = alert.acquittee_par && t("alerts.by", { who: alert.acquittee_par });
  const open = (alert.etat ?? "OUVERTE") === "OUVERTE";
  const links = (alert.detections ?? []).slice(0, MOST_LINKS).map((id, at, all) =>
    el("a", { href: `/#${id}` }, all.length === 1 ? t("missed.look") : t("alerts.detection", { number: at + 1 })));
  return el("article", { class: "card item" },
    el("p", { class: "facts" }, severity(alert.severite), !open && pill(name("alerte", alert.etat), KINDS[alert.etat]), facts.filter(Boolean).map((fact) => el("span", {}, fact))),
    el("h2", {}, told(alert, "titre")),
    taken && el("p", {}, taken, alert.commentaire && ` — ${alert.commentaire}`),
    links.length > 0 && el("p", { class: "facts" }, links),
    open && may("verdict") && note(alert, failed), failed);
}

function note(alert, failed) {
  const id = `note-${alert.alerte_id}`;
  const comment = el("input", { id, maxlength: 2000, autocomplete: "off" });
  const button = el("button", { type: "submit", class: "primary" }, t("alerts.take_note"));
  return el("form", { class: "inline", onsubmit: (event) => {
    event.preventDefault();
    act(button, async () => {
      await post(`alertes/${alert.alerte_id}/acquittement/`, { commentaire: comment.value.trim() });
      show(failed, el("p", { class: "notice good", role: "status" }, t("alerts.taken")));
      button.form.hidden = true;
      announce(t("alerts.taken"));
    }, failed);
  } }, el("div", { class: "field" }, el("label", { for: id }, t("verdict.comment")), comment), button);
}

let timer;
listen("detections/flux/", {}, { alerte: () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!content.contains(document.activeElement)) refresh();
  }, SETTLED);
} });
refresh();
