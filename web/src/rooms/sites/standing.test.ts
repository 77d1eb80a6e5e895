import { describe, expect, it } from "vitest";
import type { SiteWatch } from "@/rooms/monitoring/queries";
import type { SiteStanding } from "@/rooms/performance/queries";
import type { SiteOverview } from "./overview";
import { worstFirst } from "./standing";

const site = (id: string, verdict: string) => ({ verdict, site: { id } }) as SiteOverview;
const watch = (site_id: string, state: string) => ({ site_id, state }) as SiteWatch;
const standing = (site_id: string, state: string) => ({ site_id, state }) as SiteStanding;

describe("the order of sites", () => {
  it("puts a violated certificate before an alarm, and both before what is only undecided", () => {
    const sites = [site("a", "undecided"), site("b", "satisfactory"), site("c", "satisfactory")];
    const order = worstFirst(sites, [watch("b", "alarm")], [standing("c", "violated")]);
    expect(order.map(({ site: { site: one } }) => one.id)).toEqual(["c", "b", "a"]);
  });
  it("keeps the hub's order among equals, and while nothing is known of watch and certificates", () => {
    const sites = [site("a", "not_satisfactory"), site("b", "not_satisfactory"), site("c", "satisfactory")];
    expect(worstFirst(sites).map(({ site: { site: one } }) => one.id)).toEqual(["a", "b", "c"]);
  });
});
