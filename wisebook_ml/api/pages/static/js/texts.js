// The texts of the page's language. Missing ones show their key: a test looks that there are none.
export const lang = document.documentElement.lang === "en" ? "en" : "fr";

const { default: texts } = await import(`../texts-${lang}.js`);

export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A value of a closed list, such as a severity, as people call it; one without a text as it is. */
export const name = (kind, value) => texts[`${kind}.${value}`] ?? value;

/** The text of a record that has it in both languages. */
export const told = (record, field) => record[`${field}_${lang}`] || record[`${field}_fr`] || "";
