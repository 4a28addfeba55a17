// "You missed this one": an entry is looked up by what a person has before them, and reported as an anomaly.
import { get, may, post } from "./api.js";
import { add, announce, byId, el, show } from "./dom.js";
import { entryFacts, entryLines } from "./detail.js";
import { act, empty, load, notice } from "./parts.js";
import { isOne, name, t } from "./texts.js";

/** Have the form of the page look entries up. Who may not judge does not see it. */
export function installMissed() {
  const place = byId("missed");
  if (!may("verdict")) return place.remove();
  const form = place.querySelector("form");
  const found = byId("missed-found");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = Object.fromEntries([...new FormData(form)].map(([key, value]) => [key, value.trim()]));
    load(found, async () => {
      const { complet, results } = await get("ecritures/", asked);
      if (!results.length) return empty(t("missed.none"));
      announce(t(isOne(results.length) ? "missed.found.one" : "missed.found", { count: results.length }));
      return [!complet && notice(t("missed.more", { count: results.length })), results.map(shown)];
    });
  });
}

function shown({ ecriture, detection_id, etat, avis }) {
  const number = [ecriture.journal_code, ecriture.ecriture_num || ecriture.ecriture_id].join(" ");
  return el("article", { class: "found", "data-id": ecriture.ecriture_id },
    el("h3", {}, `${t("entry")} ${number}`), entryFacts(ecriture), entryLines(ecriture), outcome(ecriture, detection_id, etat, avis));
}

function outcome(entry, id, state, avis) {
  if (state === "OUVERTE") {
    return notice([t("missed.detected"), " ", el("a", { href: `/#${id}` }, t("missed.look"))]);
  }
  if (avis?.verdict === "MANQUEE") return notice(t("missed.known", { who: avis.auteur }), "good");
  return report(entry);
}

function report(entry) {
  const id = `manquee-${entry.ecriture_id}`;
  const comment = el("input", { id, maxlength: 2000, autocomplete: "off" });
  const button = el("button", { type: "submit", class: "primary" }, t("missed.report"));
  const said = el("div", {});
  const form = el("form", { class: "inline", onsubmit: (event) => {
    event.preventDefault();
    act(button, async () => {
      const body = { societe_id: entry.societe_id, ecriture_id: entry.ecriture_id };
      if (comment.value.trim()) body.commentaire = comment.value.trim();
      await post("ecritures/manquees/", body);
      form.hidden = true;
      const words = t("verdict.taken", { verdict: name("avis", "MANQUEE") });
      show(said, notice(words, "good"));
      announce(words);
    }, said);
  } }, el("div", { class: "field" }, el("label", { for: id }, t("verdict.comment")), comment), button);
  return add(el("div", {}), form, said);
}
