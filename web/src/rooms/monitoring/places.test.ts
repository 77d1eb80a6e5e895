import { describe, expect, it } from "vitest";
import { mostUrgent, placeOf, sitesOf, slugsOf } from "./places";

describe("places", () => {
  it("are told by their names, by their slugs where there is none", () => {
    const found = { sites: ["lyon", "graz"], site_names: { lyon: "Lyon Sud" } };
    expect(sitesOf(found)).toEqual(["Lyon Sud", "graz"]);
    expect(slugsOf(found)).toEqual(["lyon"]);
    expect(sitesOf({ sites: ["lyon"] })).toEqual(["lyon"]);
  });
  it("name station and product", () => {
    const bare = { site: "lyon", site_name: "", station: "s1", station_name: "", product: null };
    expect(placeOf(bare)).toEqual(["lyon", "s1"]);
    const named = { site_name: "Lyon", station_name: "Poste 1", product_name: "Disque" };
    expect(placeOf({ ...bare, ...named, product: "disc" })).toEqual(["Lyon", "Poste 1", "Disque"]);
  });
  it("are opened where something alarms, else where most was seen", () => {
    const [little, much] = [
      { state: "collecting", n_images: 1 },
      { state: "collecting", n_images: 90 },
    ] as const;
    const alarm = { state: "alarm", n_images: 20 } as const;
    expect(mostUrgent([little, much, alarm])).toBe(alarm);
    expect(mostUrgent([little, much])).toBe(much);
    expect(mostUrgent([])).toBeUndefined();
  });
});
