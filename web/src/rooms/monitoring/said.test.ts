import { describe, expect, it } from "vitest";
import { makeFormat } from "@/ui/format";
import { tellValues } from "./said";

const telling = (language: string) => ({
  format: makeFormat(language),
  channel: (name: string) => `<${name}>`,
  word: (name: string) => `[${name}]`,
  list: (names: string[]) => new Intl.ListFormat(language).format(names),
});
const plain = (told: Record<string, string>) =>
  Object.fromEntries(Object.entries(told).map(([name, text]) => [name, text.replaceAll(/\s/g, " ")]));

describe("what the hub says", () => {
  it("tells shares, counts and figures as the language writes them", () => {
    const values = {
      share: 0.896,
      least_share: 0.9,
      doubt: 0.153,
      needed: 1250,
      size: 5,
      limit: 0.08912,
      expected: 0.954,
    };
    expect(plain(tellValues(values, telling("fr")))).toEqual({
      share: "89,6 %",
      least_share: "90 %",
      doubt: "15,3 %",
      needed: "1 250",
      size: "5",
      limit: "0,089",
      expected: "0,95",
    });
  });
  it("tells a day as a date, words and signals by their names", () => {
    const values = {
      week: "2026-11-02",
      unit: "labelled images",
      metric: "f1",
      channels: ["a.b", "c.d"],
      part: "P-1",
    };
    expect(tellValues(values, telling("fr"))).toEqual({
      week: "2 nov. 2026",
      unit: "[labelled_images]",
      metric: "[f1]",
      channels: "<a.b> et <c.d>",
      part: "P-1",
    });
  });
  it("tells what is not known as a dash", () => {
    expect(tellValues({ least: null }, telling("en"))).toEqual({ least: "–" });
  });
});
