// Timers, dead letters, workers and their lag. Each part is asked for by itself: what one cannot say hides no other.
import { get, may, post } from "./api.js";
import { announce, byId, el, show } from "./dom.js";
import * as format from "./format.js";
import { act, card, empty, load, notice, pill, table } from "./parts.js";
import { name, t, told } from "./texts.js";

const AGAIN_MS = 15_000;
const PAGE = 50;
const content = byId("content");

function part(title, path, parameters, shown) {
  const place = el("div", { "aria-busy": "true" });
  const fill = () => load(place, async () => {
    try {
      const { results } = await get(path, parameters);
      return shown(results, fill);
    } catch (error) {
      if (error.status === 404) return notice(t("operations.absent"));
      if (error.status === 403) return notice(t("operations.forbidden"));
      throw error;
    }
  });
  fill();
  return [card(title, place), fill];
}

const when = (value) => (value ? format.moment(value) : "–");

function workers(rows) {
  if (!rows.length) return empty(t("workers.none"));
  return table(t("workers.lead"), [
    { title: t("worker.role"), head: true, of: (one) => [one.role, " ", el("span", { class: "muted small" }, `${one.hote} · ${one.pid}`)] },
    { title: t("state"), of: (one) => [alive(one), one.motifs.map((why) => el("div", { class: "small", lang: "en" }, why))] },
    { title: t("worker.partitions"), number: true, of: (one) => format.number(one.partitions.length) },
    { title: t("worker.lag"), number: true, of: (one) => format.number(one.retard) },
    { title: t("worker.commit"), of: (one) => when(one.commis_le) },
    { title: t("worker.seen"), of: (one) => when(one.vu_le) },
    { title: t("worker.version"), of: (one) => one.version },
  ], rows);
}

function alive(one) {
  if (one.perdu) return pill(t("worker.lost"), "bad");
  return pill(t(one.pret ? "worker.alive" : "worker.not_ready"), one.pret ? "good" : "warn");
}

function timers(rows, again) {
  if (!rows.length) return empty(t("timers.none"));
  return table(t("timers.lead"), [
    { title: t("timer"), head: true, of: (one) => [el("strong", {}, one.minuterie), " ", el("span", { class: "muted" }, told(one, "libelle"))] },
    { title: t("timer.next"), of: (one) => when(one.prochaine) },
    { title: t("timer.last"), of: (one) => one.derniere && [when(one.derniere.echeance), " ", pill(name("execution", one.derniere.statut), one.derniere.statut === "ECHEC" ? "bad" : "good")] },
    { title: t("actions"), of: (one) => (may("admin") ? runButton(one.minuterie, again) : "") },
  ], rows);
}

function runButton(timer, again) {
  const failed = el("div", {});
  const button = el("button", { type: "button", class: "small", onclick: () => act(button, async () => {
    const run = await post(`timers/${encodeURIComponent(timer)}/run/`, {});
    announce(t("timer.ran", { name: timer, state: name("execution", run.statut) }));
    await again();
  }, failed) }, t("timer.run"), el("span", { class: "visually-hidden" }, ` ${timer}`));
  return [button, failed];
}

function letters(rows) {
  if (!rows.length) return empty(t("letters.none"));
  return table(t("letters.lead"), [
    { title: t("letter.place"), head: true, of: (one) => `${one.partition}/${one.offset}` },
    { title: t("letter.when"), of: (one) => when(one.heure) },
    { title: t("letter.from"), of: (one) => [one.topic, one.societe_id !== null && el("div", { class: "muted small" }, t("company.number", { id: one.societe_id }))] },
    { title: t("letter.reason"), of: (one) => [el("strong", {}, one.motif), " ", one.detail, el("details", {}, el("summary", {}, t("letter.value", { bytes: format.number(one.octets) })), el("code", {}, one.extrait))] },
    { title: t("actions"), of: (one) => (may("admin") ? retryButton(one) : "") },
  ], rows);
}

function retryButton(letter) {
  const failed = el("div", {});
  const place = `${letter.partition}/${letter.offset}`;
  const button = el("button", { type: "button", class: "small", onclick: () => act(button, async () => {
    await post(`dead-letters/${place}/retry/`, {});
    announce(t("letter.retried"));
    show(failed, el("p", { class: "small", role: "status" }, t("letter.retried")));
  }, failed) }, t("letter.retry"), el("span", { class: "visually-hidden" }, ` ${place}`));
  return [button, failed];
}

const [workersCard, again] = part(t("workers"), "workers/", {}, workers);
const [timersCard] = part(t("timers"), "timers/", {}, timers);
const [lettersCard] = part(t("letters"), "dead-letters/", { limit: PAGE }, letters);
show(content, workersCard, timersCard, lettersCard);
content.setAttribute("aria-busy", "false");
setInterval(() => document.hidden || workersCard.contains(document.activeElement) || again(), AGAIN_MS);
