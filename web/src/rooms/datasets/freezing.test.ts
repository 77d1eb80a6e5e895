import { describe, expect, it } from "vitest";
import { startingRules, toRequest } from "./freezing";

describe("the request of a freezing", () => {
  it("tells fractions of one, not percent", () => {
    expect(toRequest(startingRules).split).toMatchObject({ by: "group", val: 0.15, test: 0.15 });
  });
  it("names held-out sites only when the split is by site", () => {
    const rules = { ...startingRules, testSites: ["nord"], testAfter: "2026-01-01" };
    expect(toRequest(rules).split?.test_sites).toEqual([]);
    expect(toRequest({ ...rules, by: "site" }).split).toMatchObject({
      test_sites: ["nord"],
      test_after: null,
    });
  });
  it("tells a moment with its zone when the split is by time", () => {
    const rules = { ...startingRules, by: "time" as const, testAfter: "2026-01-01" };
    expect(toRequest(rules).split?.test_after).toMatch(/Z$/);
  });
});
