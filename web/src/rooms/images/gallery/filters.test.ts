import { describe, expect, it } from "vitest";
import { addressOf, filtersOf, queryOf, searchOf } from "./filters";

describe("filters of the gallery", () => {
  it("are the known words of the address", () => {
    expect(filtersOf({ site: "lyon", at: "12", size: "L", decision: undefined })).toEqual({ site: "lyon" });
  });
  it("ask for whole days, the last one included", () => {
    const { since, until } = queryOf({ from: "2026-01-05", to: "2026-01-05" });
    expect(new Date(until as string).getTime() - new Date(since as string).getTime()).toBe(86_400_000);
    expect(new Date(since as string).getHours()).toBe(0);
  });
  it("ask for a station only together with its site", () => {
    expect(queryOf({ station: "s1" })).toEqual({});
    expect(queryOf({ site: "lyon", station: "s1" })).toEqual({ site: "lyon", station: "s1" });
  });
  it("tell no truth from any truth", () => {
    expect(queryOf({ truth: "no" })).toEqual({ has_truth: false });
    expect(queryOf({ truth: "yes" })).toEqual({ has_truth: true });
    expect(queryOf({})).toEqual({});
  });
  it("do not ask for what is no number and no day", () => {
    expect(queryOf({ min_score: "much", from: "yesterday", max_score: "0" })).toEqual({ max_score: 0 });
  });
  it("go along to the image, with its place", () => {
    expect(searchOf({ site: "lyon" }, 12)).toEqual({ site: "lyon", at: 12 });
    expect(searchOf({ site: "lyon" })).toEqual({ site: "lyon" });
    expect(addressOf("/images", {})).toBe("/images");
    expect(addressOf("/images/img_1", { group: "a b" }, 3)).toBe("/images/img_1?group=a+b&at=3");
  });
});
