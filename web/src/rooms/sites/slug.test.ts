import { describe, expect, it } from "vitest";
import { SLUG, slugOf } from "./slug";

describe("short names", () => {
  it.each([
    ["Lyon", "lyon"],
    ["Saint-Étienne 2", "saint-etienne-2"],
    ["  Zwölf & Söhne ", "zwolf-sohne"],
    ["日本", ""],
  ])("%s becomes %s", (name, slug) => {
    expect(slugOf(name)).toBe(slug);
    if (slug) expect(slug).toMatch(SLUG);
  });
});
