import { describe, expect, it } from "vitest";
import type { SiteOverview } from "@/rooms/sites/overview";
import { placesOf } from "./Places";
import type { Deployment } from "./queries";
import { canUndo } from "./UndoDialog";

const site = (id: string) => ({ site: { id, slug: id, name: id } }) as SiteOverview;
const deployed = (site_id: string, station: string | null, previous_id: string | null = null) =>
  ({ site_id, station, station_id: station, previous_id }) as Deployment;

describe("what answers where", () => {
  it("is one row a site, then one for each station with a version of its own", () => {
    const active = [deployed("lyon", "s2"), deployed("lyon", null), deployed("lyon", "s1")];
    const places = placesOf([site("lyon"), site("graz")], active);
    expect(places.map((place) => [place.site.site.id, place.station])).toEqual([
      ["lyon", null],
      ["lyon", "s1"],
      ["lyon", "s2"],
      ["graz", null],
    ]);
    expect(places.at(-1)?.deployment).toBeUndefined();
  });
  it("can be undone only where something answers afterwards", () => {
    const ofSite = deployed("lyon", null);
    expect(canUndo(ofSite, undefined)).toBe(false);
    expect(canUndo(deployed("lyon", null, "dep_1"), undefined)).toBe(true);
    expect(canUndo(deployed("lyon", "s1"), ofSite)).toBe(true);
    expect(canUndo(deployed("lyon", "s1"), undefined)).toBe(false);
  });
});
