/* Which words tell a failure: the app's, in the person's language, or the hub's own, in English.

What people meet at the door is always told by the app, and so, elsewhere than in English, is what is refused while
watching. Of other refusals they read in their language what it is and what to do; the detail stays the hub's own, for
it alone says which thing. */
import type { Problem } from "@/api/problem";

export interface ProblemWords {
  /** Key of the app's title and remedy; null where the hub's own are shown. */
  own: string | null;
  /** Key of the app's detail; null where the hub's own is shown. */
  detail: string | null;
}

export function wordsOf(
  problem: Problem,
  { language, exists }: { language: string; exists: (key: string) => boolean },
): ProblemWords {
  const known = (room: string) => exists(`${room}.${problem.code}.title`);
  const elsewhere = language !== "en";
  const whole = elsewhere && known("watching") ? "watching" : "problem";
  if (problem.title === "" || known(whole)) {
    const key = `${whole}.${problem.code}`;
    return { own: key, detail: problem.code === "unexpected" ? null : `${key}.detail` };
  }
  return { own: elsewhere && known("refused") ? `refused.${problem.code}` : null, detail: null };
}
