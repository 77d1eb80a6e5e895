import { describe, expect, it } from "vitest";
import { mayGoUnasked } from "./invitation";
import { safeNext } from "./next";

describe("a link that signs in", () => {
  it("goes ahead unasked to a hub on the person's own machine only", () => {
    expect(["localhost", "127.0.0.1", "[::1]"].every(mayGoUnasked)).toBe(true);
    expect(["hub.plant.example", "192.168.1.5", "127.0.0.1.evil.example"].some(mayGoUnasked)).toBe(false);
  });
});

describe("where a person goes after signing in", () => {
  it("is the page that they wanted", () => {
    expect(safeNext("/images?site=lyon#top")).toBe("/images?site=lyon#top");
  });
  it("is never another host", () => {
    for (const before of ["https:/" + "/", "/" + "/", "/\\", "/\t/", ""])
      expect(safeNext(`${before}evil.example`)).toBe("/sites");
    expect(safeNext(undefined)).toBe("/sites");
  });
});
