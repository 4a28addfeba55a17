// Models, and the trainings that make new versions of them, as they go.
import { get, may, post } from "./api.js";
import { announce, byId, el, show } from "./dom.js";
import * as format from "./format.js";
import { listen } from "./live.js";
import { act, card, empty, figures, load, pill, table } from "./parts.js";
import { name, t } from "./texts.js";

const PAGE = 100;
const ENDED = ["REUSSIE", "ECHEC", "ANNULEE", "REJOINTE"];
const STATES = { PRET: "good", OBSOLETE: "warn", ECHEC: "bad", REUSSIE: "good" };
const content = byId("content");

/** What ends the streams of campaigns, by their ids. */
const streams = new Map();

/** Streams of one page at once: browsers open six connections to a site, and the rest has to go through as well. */
const MOST_STREAMS = 3;

/** The version in charge, and the one that predicts in shadow. */
const versions = (one) => [one.version_courante ?? "–", one.version_challenger && ` (+ ${one.version_challenger})`];

const modelName = (one) => one.nom || name("type", one.type_modele);
let names = new Map();

const refresh = () => load(content, async () => {
  const [dashboard, models, campaigns] = await Promise.all([get("modeles/dashboard/"), get("modeles/", { limit: PAGE }), get("campagnes/", { limit: 20 })]);
  names = new Map(models.results.map((one) => [one.id, modelName(one)]));
  const { summary } = dashboard;
  return [
    card(t("models.summary"), figures([
      [t("models.total"), format.number(summary.total_models)],
      [t("models.ready"), format.number(summary.ready_models)],
      [t("models.training"), format.number(summary.training_models)],
      [t("models.due"), format.number(summary.needs_retraining), summary.needs_retraining ? "bad" : null],
    ])),
    campaignsOf(campaigns.results),
    card(t("nav.models"), models.results.length ? modelsOf(models.results) : empty(t("models.none"))),
  ];
});

function modelsOf(models) {
  return table(t("models.caption"), [
    { title: t("model"), head: true, of: (one) => [modelName(one), " ", el("span", { class: "muted small" }, `n° ${one.id}`)] },
    { title: t("model.type"), of: (one) => name("type", one.type_modele) },
    { title: t("company"), of: (one) => (one.societe_id ? one.societe_id : t("model.global")), number: true },
    { title: t("state"), of: (one) => pill(name("statut", one.statut), STATES[one.statut]) },
    { title: t("model.current"), of: (one) => versions(one), number: true },
    { title: t("model.accuracy"), of: (one) => (one.accuracy == null ? "–" : format.percent(one.accuracy, 1)), number: true },
    { title: t("model.updated"), of: (one) => format.moment(one.updated_at) },
    { title: t("actions"), of: (one) => (may("train") && one.statut !== "ARCHIVE" ? trainButton(one) : "") },
  ], models);
}

function trainButton(model) {
  const failed = el("div", {});
  const button = el("button", { type: "button", class: "small", onclick: () => act(button, async () => {
    const asked = await post(`modeles/${model.id}/train/`, {});
    announce(t("train.asked"));
    addCampaign(asked.campagne);
  }, failed) }, t("train"), el("span", { class: "visually-hidden" }, ` ${modelName(model)}`));
  return [button, failed];
}

// Campaigns

const list = el("div", { class: "stack" });

function campaignsOf(campaigns) {
  for (const end of streams.values()) end();
  streams.clear();
  show(list, campaigns.length ? campaigns.map(campaignRow) : empty(t("campaigns.none")));
  return card(t("campaigns"), list);
}

function addCampaign(campaign) {
  list.querySelector(".empty")?.remove();
  const there = list.querySelector(`[data-id="${CSS.escape(campaign.rejointe ?? campaign.campagne_id)}"]`);
  if (there) there.scrollIntoView({ block: "nearest" });
  else list.prepend(campaignRow(campaign));
}

function campaignRow(campaign) {
  const place = el("div", { "data-id": campaign.campagne_id });
  fillCampaign(place, campaign);
  if (!ENDED.includes(campaign.statut) && streams.size < MOST_STREAMS) follow(place, campaign.campagne_id);
  return place;
}

function follow(place, id) {
  const end = listen(`campagnes/${id}/flux/`, {}, {
    campagne: (now) => fillCampaign(place, now),
    fin: (now) => {
      end();
      streams.delete(id);
      fillCampaign(place, now);
      announce(t("campaign.ended", { model: names.get(now.modele_id) ?? now.modele_id, state: name("campagne", now.statut) }));
    },
  });
  streams.set(id, end);
}

function fillCampaign(place, one) {
  const share = one.statut === "REUSSIE" ? 1 : one.avancement ?? 0;
  const model = names.get(one.modele_id) ?? t("model.number", { id: one.modele_id });
  const facts = [
    one.etape && !ENDED.includes(one.statut) && name("etape", one.etape),
    one.demandeur && t("campaign.by", { who: one.demandeur }),
    one.lignes && t("campaign.rows", { count: format.number(one.lignes) }),
    one.duree_minutes && t("campaign.minutes", { minutes: format.number(one.duree_minutes, 1) }),
    one.amelioration != null && t("campaign.gain", { gain: format.number(one.amelioration, 3) }),
  ];
  show(place,
    el("div", { class: "card-head" }, el("h3", {}, model), pill(name("campagne", one.statut), STATES[one.statut] ?? (one.statut === "ECHEC" ? "bad" : ""))),
    !ENDED.includes(one.statut) && el("progress", { max: 1, value: share, "aria-label": t("campaign.progress", { model }) }),
    el("p", { class: "muted small" }, facts.filter(Boolean).join(" · ")),
    one.statut === "REUSSIE" && el("p", { class: "small" }, t(one.promue ? "campaign.promoted" : "campaign.challenger")),
    (one.decision || one.erreur) && el("p", { class: one.erreur ? "error" : "muted small", lang: "en" }, one.erreur || one.decision));
}

refresh();
