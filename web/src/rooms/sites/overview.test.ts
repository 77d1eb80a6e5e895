import { describe, expect, it } from "vitest";
import { countVerdicts, filterSites, scaleOf, type SiteOverview } from "./overview";

const site = (name: string, verdict: string) =>
  ({ verdict, site: { name, slug: name.toLowerCase() } }) as SiteOverview;
const sites = [site("Lyon", "not_satisfactory"), site("Graz", "satisfactory"), site("Brno", "satisfactory")];

describe("the sites page", () => {
  it("counts every verdict, those that no site has too", () => {
    expect(countVerdicts(sites)).toMatchObject({ not_satisfactory: 1, satisfactory: 2, undecided: 0 });
  });
  it("filters by verdict and by a part of the name", () => {
    expect(filterSites(sites, "satisfactory", "")).toHaveLength(2);
    expect(filterSites(sites, "", "yo")).toEqual([sites[0]]);
    expect(filterSites(sites, "satisfactory", "lyon")).toEqual([]);
  });
  it("draws on a scale that holds every figure, however alike they are", () => {
    const { least, most } = scaleOf([{ value: 0.95, low: null, high: null }]);
    expect(least).toBeLessThan(0.95);
    expect(most).toBeGreaterThan(0.95);
    expect(scaleOf([])).toEqual({ least: 0, most: 1 });
  });
});
