/* Plural forms that our texts leave out. French counts whole millions apart ("many"); here they read as any
   other number, and without the form i18next would fall back to English. */
export interface Texts {
  [key: string]: string | Texts;
}

/** Return the texts with a `_many` beside every `_other` that has none. */
export function withMany(texts: Texts): Texts {
  const found: Texts = {};
  for (const [key, value] of Object.entries(texts)) {
    found[key] = typeof value === "string" ? value : withMany(value);
    const many = key.replace(/_other$/, "_many");
    if (many !== key && !(many in texts)) found[many] = value;
  }
  return found;
}
