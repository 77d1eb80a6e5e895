import { describe, expect, it } from "vitest";
import { badLine, recipeForm, recipesFor, toConfig } from "./recipes";

describe("the settings of a run", () => {
  const choices = { preset: "cpu", minutes: 5, reference: "auto", mode: "finetune", further: "" };
  it("tell the budget in seconds of what the preset counts", () => {
    expect(toConfig(recipeForm("lite-detection"), choices)).toEqual({
      preset: "cpu",
      budget_cpu_s: 300,
      reference: "auto",
    });
  });
  it("read further lines as JSON where they are, as text otherwise", () => {
    const further = "batch_size = 8\nflips = none";
    expect(toConfig(recipeForm("lite-classification"), { ...choices, further })).toMatchObject({
      batch_size: 8,
      flips: "none",
    });
  });
  it("name the first line that is no setting", () => {
    expect(badLine("batch_size = 8\nfaster please")).toBe("faster please");
    expect(badLine("")).toBeUndefined();
  });
  it("offer recipes that only a trainer knows beside those of the problem", () => {
    expect(recipesFor("classification", ["lite-classification", "own"])).toEqual([
      "lite-classification",
      "own",
    ]);
  });
});
