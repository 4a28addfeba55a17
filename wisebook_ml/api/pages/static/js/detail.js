// One detection in full: why, the entry with its lines, and what a person says of it.
import { get, may, post } from "./api.js";
import { add, announce, el, show, svg } from "./dom.js";
import * as format from "./format.js";
import { act, load, notice, severity } from "./parts.js";
import { name, t, told } from "./texts.js";

const DAY = /\b\d{4}-\d{2}-\d{2}\b/g;

export function title(detection) {
  const { objet } = detection;
  if (objet.type !== "ECRITURE") return `${name("objet", objet.type)} ${objet.id.replace(DAY, (day) => `(${format.date(day)})`).replace("/(", " (")}`;
  const number = [detection.journal_code, detection.ecriture_num].filter(Boolean).join(" ");
  return `${name("objet", "ECRITURE")} ${number || objet.id}`;
}

/** Show a detection in a place. `onJudged` is told of a verdict that was taken. */
export function showDetail(place, detection, { onBack, onJudged }) {
  const hasEntry = detection.objet.type === "ECRITURE" && detection.ecriture_id;
  const entry = el("div", {});
  const heading = el("h2", { tabindex: "-1" }, title(detection));
  show(place, el("article", { class: "detail" },
    el("button", { type: "button", class: "back small", onclick: onBack }, "← ", t("back")),
    el("header", { class: "detail-top" }, severity(detection.severite), heading, el("p", { class: "muted" }, facts(detection))),
    detection.etat === "CLOSE" && notice(t("detections.closed")),
    verdicts(detection, onJudged),
    el("section", {}, el("h3", { class: "section-title" }, t("reasons")), reasons(detection)),
    hasEntry && el("section", {}, el("h3", { class: "section-title" }, t("entry")), entry),
    el("section", {}, origin(detection)),
  ));
  if (hasEntry) load(entry, () => entryOf(detection));
  return heading;
}

function facts(detection) {
  return [
    format.money(detection.montant),
    t("score.of", { score: format.number(detection.score, 1) }),
    detection.ecriture_date && format.date(detection.ecriture_date),
    t("company.number", { id: detection.societe_id }),
  ].filter(Boolean).join(" · ");
}

function reasons(detection) {
  return el("ol", { class: "reasons" }, detection.motifs.map((one) => el("li", {},
    el("span", { class: "share" }, format.number(one.poids, 1)),
    el("div", {}, told(one, "libelle"), " ", el("span", { class: "muted small" }, `(${name("code", one.code)}${linesOf(one)})`)),
    shareBar(one.poids),
  )));
}

const linesOf = (motif) => (motif.lignes?.length ? `, ${t("lines", { lines: motif.lignes.join(", ") })}` : "");

/** A bar of a length; an attribute of a picture, since the policy of the page allows no styles in elements. */
function shareBar(points) {
  const bar = svg("rect", { width: Math.max(points, 0.5), height: 4, rx: 1 });
  return svg("svg", { class: "share-bar", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" }, bar);
}

async function entryOf(detection) {
  let entry;
  try {
    entry = await get(`detections/${detection.detection_id}/ecriture/`);
  } catch (error) {
    if (error.status !== 404) throw error;
    return notice(t("entry.absent"));
  }
  return [entryFacts(entry), entryLines(entry, new Set(detection.motifs.flatMap((one) => one.lignes ?? [])))];
}

export function entryFacts(entry) {
  const facts = [
    `${entry.journal_code}${entry.journal_lib ? ` ${entry.journal_lib}` : ""}`,
    format.date(entry.ecriture_date),
    entry.saisie_par && t("entry.by", { who: entry.saisie_par }),
    entry.saisie_le && t("entry.at", { when: format.moment(entry.saisie_le) }),
    entry.origine && name("origine", entry.origine),
  ];
  return el("p", { class: "muted small" }, facts.filter(Boolean).join(" · "));
}

/** The lines of an entry as in a ledger; those of these numbers are marked. */
export function entryLines(entry, marked = new Set()) {
  const rows = entry.lignes.map((line, place) => ({ ...line, place: place + 1 }));
  const marker = (line) => marked.has(line.place) && [" ", el("span", { class: "ELEVEE", "aria-hidden": "true" }, "◂"), el("span", { class: "visually-hidden" }, t("line.marked"))];
  const columns = [
    { key: "line", kind: "place", of: (line) => [line.place, marker(line)] },
    { key: "account", kind: "wide", of: (line) => [el("strong", {}, line.compte_num), " ", el("span", { class: "muted" }, line.compte_lib ?? "")] },
    { key: "text", kind: "wide", of: (line) => [line.ecriture_lib, el("span", { class: "muted" }, party(line))] },
    { key: "debit", kind: "number", label: true, of: (line) => format.ledger(line.debit) },
    { key: "credit", kind: "number", label: true, of: (line) => format.ledger(line.credit) },
  ];
  const cell = (one, content) => el("td", { class: one.kind, "data-label": one.label && t(`entry.${one.key}`) }, content);
  const body = rows.map((line) => el("tr", { class: marked.has(line.place) ? "marked" : null }, columns.map((one) => cell(one, one.of(line)))));
  const head = el("tr", {}, columns.map((one) => el("th", { scope: "col", class: one.kind }, t(`entry.${one.key}`))));
  const sums = columns.slice(3).map((one) => cell(one, format.number(sum(rows, one.key), 2)));
  const foot = el("tr", {}, el("th", { scope: "row", colspan: 3 }, t("entry.sum")), sums);
  const caption = t("entry.lines", { count: rows.length });
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el("table", { class: "cards" }, el("caption", { class: "visually-hidden" }, caption), el("thead", {}, head), el("tbody", {}, body), el("tfoot", {}, foot)));
}

function party(line) {
  // A label often says the document already.
  const piece = line.piece_ref && !line.ecriture_lib?.includes(line.piece_ref) && t("entry.piece", { ref: line.piece_ref });
  const told = [line.comp_aux_lib || line.comp_aux_num, piece];
  const text = told.filter(Boolean).join(" · ");
  return text && ` — ${text}`;
}

/** The sum of a column, exactly: amounts are cents, not floating-point numbers. */
function sum(rows, side) {
  const cents = rows.reduce((total, line) => {
    const [, sign, whole, part = ""] = /^(-?)(\d+)(?:\.(\d{1,2}))?/.exec(line[side] ?? "0") ?? [null, "", "0", ""];
    return total + BigInt(`${sign}${whole}${part.padEnd(2, "0")}`);
  }, 0n);
  const digits = String(cents < 0n ? -cents : cents).padStart(3, "0");
  return `${cents < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function verdicts(detection, onJudged) {
  const said = el("div", { role: "status" });
  let standing = detection.avis;
  if (standing) add(said, notice(spoken(standing), "good"));
  if (!may("verdict")) return standing ? said : null;
  const failed = el("div", {});
  const form = el("form", { hidden: true });
  const send = (button, verdict, more = {}) => act(button, async () => {
    const body = { verdict, revision: detection.revision, ...more };
    if (standing) body.remplace = true; // a person has changed their mind
    const taken = await post(`detections/${detection.detection_id}/avis/`, body);
    standing = { verdict, auteur: taken.auteur, ...more };
    show(said, notice(t("verdict.taken", { verdict: name("avis", verdict) }), "good"));
    announce(t("verdict.taken", { verdict: name("avis", verdict) }));
    form.hidden = true;
    onJudged(detection, standing);
  }, failed);
  const button = (verdict, kind) => el("button", { type: "button", class: kind, onclick: (event) => send(event.currentTarget, verdict) }, name("verdict", verdict));
  const other = el("button", { type: "button", "aria-expanded": "false", onclick: () => {
    form.hidden = !form.hidden;
    other.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) form.querySelector("input").focus();
  } }, name("verdict", "RECLASSEE"));
  reclassify(form, send);
  return el("section", { class: "verdicts", "aria-label": t("verdict") }, el("h3", {}, t("verdict.ask")), said,
    el("div", { class: "actions" }, button("CONFIRMEE", "primary"), button("FAUX_POSITIF", ""), detection.ecriture_id && other), form, failed);
}

function reclassify(form, send) {
  const account = el("input", { id: "compte", name: "compte", required: true, maxlength: 64, autocomplete: "off", inputmode: "numeric" });
  const comment = el("input", { id: "commentaire", name: "commentaire", maxlength: 2000, autocomplete: "off" });
  const submit = el("button", { type: "submit", class: "primary" }, t("verdict.send"));
  add(form,
    el("div", { class: "field" }, el("label", { for: "compte" }, t("verdict.account")), account),
    el("div", { class: "field" }, el("label", { for: "commentaire" }, t("verdict.comment")), comment),
    submit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const more = { compte_num: account.value.trim() };
    if (comment.value.trim()) more.commentaire = comment.value.trim();
    send(submit, "RECLASSEE", more);
  });
}

function spoken(standing) {
  const told = [t("verdict.stands", { verdict: name("avis", standing.verdict) }), standing.compte_num, t("verdict.by", { who: standing.auteur }), standing.donne_le && `(${format.moment(standing.donne_le)})`];
  return told.filter(Boolean).join(" ") + (standing.commentaire ? ` — ${standing.commentaire}` : "");
}

function origin(detection) {
  const parts = Object.entries(detection.contributions).sort(([, a], [, b]) => b - a);
  const used = detection.modeles.map((one) => (one.modele_id ? t("model.version", { id: one.modele_id, version: one.version }) : t("model.online")));
  return el("details", {}, el("summary", {}, t("detections.more")),
    el("p", { class: "small" }, t("contributions"), " ", parts.map(([key, points]) => `${name("attribut", key)} ${format.number(points, 1)}`).join(" · ")),
    el("p", { class: "small muted" }, [
      used.length && used.join(", "), t("revision", { number: detection.revision }),
      detection.ce_time && format.moment(detection.ce_time), detection.detection_id,
    ].filter(Boolean).join(" · ")));
}
