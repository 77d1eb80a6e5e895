/* What the freeze dialog collects, and the request that it stands for. */
import type { Schemas } from "@/api/client";
import { ProblemError } from "@/api/problem";
import type { SplitRule } from "./queries";

export interface Rules {
  sites: string[];
  since: string;
  until: string;
  requireTruth: boolean;
  includeUnlike: boolean;
  by: SplitRule["by"];
  val: number;
  test: number;
  seed: number;
  testSites: string[];
  valSites: string[];
  testAfter: string;
  valAfter: string;
  join: boolean;
  nearDuplicates: boolean;
  keepPrevious: boolean;
  sealed: boolean;
  note: string;
}

export const startingRules: Rules = {
  sites: [],
  since: "",
  until: "",
  requireTruth: false,
  includeUnlike: false,
  by: "group",
  val: 15,
  test: 15,
  seed: 7,
  testSites: [],
  valSites: [],
  testAfter: "",
  valAfter: "",
  join: false,
  nearDuplicates: true,
  keepPrevious: true,
  sealed: false,
  note: "",
};

/** Return the moment that a day begins here, with its zone; nothing for no day. */
function startOf(day: string): string | null {
  return day ? new Date(`${day}T00:00:00`).toISOString() : null;
}

export function toRequest(rules: Rules): Schemas["FreezeRequest"] {
  const bySite = rules.by === "site";
  const byTime = rules.by === "time";
  return {
    selection: {
      sites: rules.sites,
      stations: [],
      products: [],
      since: startOf(rules.since),
      until: startOf(rules.until),
      require_truth: rules.requireTruth,
      include_unlike: rules.includeUnlike,
    },
    split: {
      by: rules.by,
      val: rules.val / 100,
      test: rules.by === "group" ? rules.test / 100 : 0,
      seed: rules.seed,
      train_sites: [],
      val_sites: bySite ? rules.valSites : [],
      test_sites: bySite ? rules.testSites : [],
      test_after: byTime ? startOf(rules.testAfter) : null,
      val_after: byTime ? startOf(rules.valAfter) : null,
      assign: { train_groups: [], val_groups: [], test_groups: [] },
      conflicts: rules.join ? "join" : "refuse",
      near_duplicates: rules.nearDuplicates ? "together" : "ignore",
      near_duplicate_bits: 2,
      keep_previous: rules.keepPrevious,
    },
    sealed: rules.sealed,
    note: rules.note.trim(),
  };
}

/** Return the problem of a job that failed, as an error that a page can show. */
export function jobProblem(job: Schemas["Job"] | undefined): ProblemError | null {
  if (!job?.error) return null;
  return new ProblemError({ title: "", status: 0, code: "unexpected", ...job.error });
}
