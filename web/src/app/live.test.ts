import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { LiveStream } from "./live";

/** A query on a page whose answers the test gives, one after the other. */
function watched(queries: QueryClient, queryKey: string[], meta: Record<string, unknown> = {}) {
  const answers: ((value: number) => void)[] = [];
  const observer = new QueryObserver(queries, {
    queryKey,
    meta,
    queryFn: () => new Promise<number>((resolve) => answers.push(resolve)),
  });
  observer.subscribe(() => undefined);
  return { answers, answer: (value: number) => answers.at(-1)?.(value) };
}
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
};

describe("news of a topic", () => {
  it("that come while an answer is on its way are asked for right after it, once", async () => {
    const queries = new QueryClient();
    const page = watched(queries, ["predictions", "live"]);
    page.answer(1);
    await settle();
    const stream = new LiveStream(queries);
    for (const _ of [1, 2, 3]) stream.tellChanged(["predictions"]);
    await settle();
    expect(page.answers).toHaveLength(2);
    page.answer(2);
    await settle();
    expect(page.answers).toHaveLength(3);
    page.answer(3);
    await settle();
    expect(page.answers).toHaveLength(3);
  });
  it("reach queries that name the topic besides their own", async () => {
    const queries = new QueryClient();
    const page = watched(queries, ["sites", "overview"], { topics: ["evaluations"] });
    page.answer(1);
    await settle();
    const stream = new LiveStream(queries);
    stream.tellChanged(["runs"]);
    await settle();
    expect(page.answers).toHaveLength(1);
    stream.tellChanged(["evaluations"]);
    await settle();
    expect(page.answers).toHaveLength(2);
  });
});
