/* What the hub says when something fails: RFC 9457, told to the person as title, detail and remedy. */

export interface Problem {
  type?: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  remedy?: string;
  [extra: string]: unknown;
}

export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** The hub did not answer at all: its machine, the network, or it is starting again. */
export function unreachable(): Problem {
  return { title: "", status: 0, code: "unreachable" };
}

export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof TypeError) return unreachable();
  return {
    title: "",
    status: 0,
    code: "unexpected",
    detail: error instanceof Error ? error.message : String(error),
  };
}

export async function problemOf(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.clone().json();
    if (typeof body === "object" && body !== null && "title" in body) {
      return { ...(body as Problem), status: response.status };
    }
  } catch {
    /* not JSON: the status must do */
  }
  return { title: response.statusText, status: response.status, code: "http" };
}
