/* What certificates and estimates come to, decided before anything is drawn. Pure. */
import type { Certificate, Estimate, PastError } from "./queries";

export type ClaimWord = "certified" | "fallen" | "violated" | "open";

/** Return the state in a word: a certified claim that labels contradict since is not a certified one. */
export function wordOf({ state, degraded_since }: Certificate): ClaimWord {
  return state === "certified" && degraded_since !== null ? "fallen" : state;
}

/** Return the sign of a word, for the badge. */
export function signOf(word: ClaimWord): string {
  return { certified: "certified", fallen: "fallen", violated: "violated", open: "not_shown" }[word];
}

/** Return the newest estimate of each metric of the version that answers now, in a fixed order. */
export function newestEstimates(estimates: Estimate[], model: string | undefined): Estimate[] {
  const mine = estimates.filter((one) => model === undefined || one.model.id === model);
  const newest = mine.reduce((last, { week }) => (week > last ? week : last), "");
  return mine.filter(({ week }) => week === newest).sort((a, b) => orderOf(a.metric) - orderOf(b.metric));
}

const ORDER = ["f1", "recall", "precision"];
const orderOf = (metric: string) => {
  const place = ORDER.indexOf(metric);
  return place < 0 ? ORDER.length : place;
};

/** Return the version of the newest estimate. */
export function latestModel(estimates: Estimate[]): string | undefined {
  return estimates.reduce<Estimate | undefined>(
    (last, one) =>
      last === undefined || one.week > last.week || (one.week === last.week && one.n_images > last.n_images)
        ? one
        : last,
    undefined,
  )?.model.id;
}

/** Say whether a number may stand on a page: the hub gives one, and there are past errors to hold it against. */
export function maySay(estimate: Estimate): estimate is Estimate & { value: number } {
  return estimate.value !== null && estimate.past_errors.length > 0;
}

/** Return how many past estimates lay within the interval of what labels said. */
export function withinInterval(past: PastError[]): number {
  return past.filter(({ estimated, low, high }) => low <= estimated && estimated <= high).length;
}
