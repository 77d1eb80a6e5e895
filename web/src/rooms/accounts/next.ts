/* Where a person goes after signing in. */

const HERE = "http://localhost";

/** Only addresses of this app are followed: a link from outside must not lead away after signing in. */
export function safeNext(next: string | undefined): string {
  if (!next?.startsWith("/") || next.includes("\\") || !URL.canParse(next, HERE)) return "/sites";
  const { origin, pathname, search, hash } = new URL(next, HERE);
  return origin === HERE ? pathname + search + hash : "/sites";
}
