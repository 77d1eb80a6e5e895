/* The recipes that this app can offer with their main settings. A trainer may know more: those are offered by
   name, with settings written by hand. The trainer checks every setting. */
export interface RecipeForm {
  name: string;
  problem: string;
  presets: string[];
  /** Budget in minutes of each preset, and what it counts. */
  budget: Record<string, { field: "budget_cpu_s" | "budget_wall_s"; minutes: number }>;
  /** Offers the choice whether reference images are a second input. */
  reference?: boolean;
  /** Offers a quick linear model beside the full training. */
  modes?: string[];
}

const RECIPES: RecipeForm[] = [
  {
    name: "lite-detection",
    problem: "detection",
    presets: ["cpu", "gpu"],
    budget: {
      cpu: { field: "budget_cpu_s", minutes: 10 },
      gpu: { field: "budget_wall_s", minutes: 60 },
    },
    reference: true,
  },
  {
    name: "lite-classification",
    problem: "classification",
    presets: ["cpu", "gpu"],
    budget: {
      cpu: { field: "budget_cpu_s", minutes: 10 },
      gpu: { field: "budget_wall_s", minutes: 30 },
    },
    modes: ["finetune", "probe"],
  },
  {
    name: "hf-detection",
    problem: "detection",
    presets: ["gpu", "cpu"],
    budget: {
      gpu: { field: "budget_wall_s", minutes: 60 },
      cpu: { field: "budget_cpu_s", minutes: 60 },
    },
  },
];

/** Return the recipe's form; an unknown recipe has only settings written by hand. */
export function recipeForm(name: string): RecipeForm {
  return RECIPES.find((recipe) => recipe.name === name) ?? { name, problem: "", presets: [], budget: {} };
}

/** Return the recipes for a problem: those known here, and those that only trainers know. */
export function recipesFor(problem: string | undefined, offered: string[]): string[] {
  const known = RECIPES.filter((recipe) => !problem || recipe.problem === problem).map(({ name }) => name);
  const unknown = offered.filter((name) => !RECIPES.some((recipe) => recipe.name === name));
  return [...known, ...unknown];
}

export interface Choices {
  preset: string;
  minutes: number | null;
  reference: string;
  mode: string;
  /** Lines of `name = value`. */
  further: string;
}

/** Return the configuration that the choices stand for; values are JSON where they can be read so. */
export function toConfig(form: RecipeForm, choices: Choices): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  if (form.presets.length) config.preset = choices.preset;
  const budget = form.budget[choices.preset];
  if (budget && choices.minutes) config[budget.field] = choices.minutes * 60;
  if (form.reference) config.reference = choices.reference;
  if (form.modes) config.mode = choices.mode;
  for (const line of choices.further.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) config[line.slice(0, at).trim()] = readValue(line.slice(at + 1).trim());
  }
  return config;
}

/** Return the first line that is not `name = value`, or nothing. */
export function badLine(further: string): string | undefined {
  return further.split("\n").find((line) => line.trim() !== "" && !/^\s*\w+\s*=\s*\S/.test(line));
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
