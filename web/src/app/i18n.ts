/* Languages: English and French, one file a room, fetched when the room is entered. Owns the choice and its
   memory; a signed-in person's own choice comes from the hub. */
import i18next from "i18next";
import resourcesToBackend from "i18next-resources-to-backend";
import { initReactI18next } from "react-i18next";
import ui from "@/locales/en/ui.json";
import { type Texts, withMany } from "./plurals";

export const LANGUAGES = ["en", "fr"] as const;
export type Language = (typeof LANGUAGES)[number];
const KEPT = "perenne.language";

export function firstLanguage(): Language {
  const wanted = [localStorage.getItem(KEPT) ?? "", ...navigator.languages].map((tag) =>
    tag.slice(0, 2).toLowerCase(),
  );
  return (
    (wanted.find((tag) => (LANGUAGES as readonly string[]).includes(tag)) as Language | undefined) ?? "en"
  );
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(KEPT, language);
  void i18next.changeLanguage(language);
}

export async function startTexts(): Promise<void> {
  const language = firstLanguage();
  i18next.on("languageChanged", (now) => document.documentElement.setAttribute("lang", now));
  await i18next
    .use(initReactI18next)
    .use(
      resourcesToBackend(async (tag: string, room: string) => {
        const file: { default: Texts } = await import(`../locales/${tag}/${room}.json`);
        return withMany(file.default);
      }),
    )
    .init({
      lng: language,
      fallbackLng: "en",
      supportedLngs: LANGUAGES,
      ns: ["ui"],
      defaultNS: "ui",
      partialBundledLanguages: true,
      resources: { en: { ui } },
      interpolation: { escapeValue: false },
      react: { useSuspense: true },
    });
  document.documentElement.setAttribute("lang", language);
}
