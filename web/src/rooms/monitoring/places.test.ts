import { describe, expect, it } from "vitest";
import { placeOf, sitesOf, slugsOf } from "./places";

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
});
