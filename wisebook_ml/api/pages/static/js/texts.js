// The texts of the page's language. Missing ones show their key: a test looks that there are none.
export const lang = document.documentElement.lang === "en" ? "en" : "fr";

const { default: texts } = await import(`../texts-${lang}.js`);

export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return typeset(text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)));
}

/** French signs that stand apart from a word stay on its line. */
export const typeset = (text) => (lang === "fr" ? text.replace(/ (?=[:;!?»%€])/g, "\u00a0").replaceAll("« ", "«\u00a0") : text);

const plurals = new Intl.PluralRules(lang);

/** Whether a count takes the singular: none and one do in French, one alone in English. */
export const isOne = (count) => plurals.select(count) === "one";

/** A value of a closed list, such as a severity, as people call it; one without a text as it is. */
export const name = (kind, value) => texts[`${kind}.${value}`] ?? value;

/** The text of a record that has it in both languages. */
export function told(record, field) {
  const text = record[`${field}_${lang}`] || record[`${field}_fr`] || "";
  return Array.isArray(text) ? text.map(typeset) : typeset(text);
}
