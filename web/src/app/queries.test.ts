import { describe, expect, it, vi } from "vitest";
import { ProblemError } from "@/api/problem";
import { makeQueries } from "./queries";
import { sessionQuery } from "./session";

const refusal = (status: number, code: string) => new ProblemError({ title: code, status, code });

const { asked } = vi.hoisted(() => ({ asked: vi.fn() }));
vi.mock("@/api/client", () => ({
  api: { GET: asked },
  body: (answer: unknown) => answer,
  rememberCsrf: () => 0,
}));

/** A page of somebody who signed in, before a hub that answers the question who that is with `status`. */
function page(status: number) {
  asked.mockReset();
  asked.mockImplementation(() =>
    status === 200 ? Promise.resolve({ csrf: "new" }) : Promise.reject(refusal(status, "bad-credentials")),
  );
  const leave = vi.fn();
  const queries = makeQueries(leave);
  queries.setQueryData(sessionQuery.queryKey, { csrf: "old" } as never);
  return { queries, leave };
}
const fail = (error: Error) => () => Promise.reject(error);
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("a session that is over", () => {
  it("is noticed by the first refusal, and told once", async () => {
    const { queries, leave } = page(401);
    for (const key of ["sites", "runs"]) {
      await queries
        .fetchQuery({ queryKey: [key], queryFn: fail(refusal(401, "bad-credentials")) })
        .catch(() => 0);
    }
    await settle();
    expect(leave).toHaveBeenCalled();
  });
  it("is not concluded from a refusal while somebody is there", async () => {
    const { queries, leave } = page(200);
    await queries
      .fetchQuery({ queryKey: ["sites"], queryFn: fail(refusal(401, "bad-credentials")) })
      .catch(() => 0);
    await settle();
    expect(asked).toHaveBeenCalledTimes(1);
    expect(leave).not.toHaveBeenCalled();
  });
  it("does not exist before anybody signed in", async () => {
    const { queries, leave } = page(401);
    queries.clear();
    await queries.fetchQuery(sessionQuery).catch(() => 0);
    await settle();
    expect(leave).not.toHaveBeenCalled();
  });
});

describe("a session that another tab renewed", () => {
  it("gives its new CSRF word for the next try", async () => {
    const { queries, leave } = page(200);
    const act = queries.getMutationCache().build(queries, { mutationFn: fail(refusal(403, "csrf")) });
    await act.execute(undefined).catch(() => 0);
    await settle();
    expect(queries.getQueryData(sessionQuery.queryKey)).toMatchObject({ csrf: "new" });
    expect(leave).not.toHaveBeenCalled();
  });
});
