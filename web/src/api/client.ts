/* The one way to the hub: typed by the OpenAPI document, with the session's cookie and CSRF word.
   Owns requests and their failures; refuses to keep server state (TanStack Query does). */
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema";
import { ProblemError, problemOf } from "./problem";

export type Schemas = components["schemas"];

let csrf = "";
export function rememberCsrf(word: string): void {
  csrf = word;
}

/** Headers of an unsafe request made without the typed client (uploads). */
export function unsafeHeaders(): Record<string, string> {
  return csrf ? { "X-CSRF-Token": csrf } : {};
}

const guard: Middleware = {
  onRequest({ request }) {
    if (csrf && !["GET", "HEAD"].includes(request.method)) request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw new ProblemError(await problemOf(response));
    return response;
  },
};

export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });
api.use(guard);

/** Return the body of an answer; failures have been thrown as ProblemError before. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}
