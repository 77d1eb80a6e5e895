/* A link that signs a browser in once: its word stands behind the #, and leaves the address at once. Owns the word
   until it is used, and who must be asked first; refuses to use it twice. */

let word: string | undefined;

/** Return the word of an invitation that was not used yet; the same however often a page is drawn. */
export function readInvitation(): string | undefined {
  const found = /^#invitation=(.+)$/.exec(location.hash)?.[1];
  if (found) {
    word = found;
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return word;
}

/** Return the word, this one time. */
export function takeInvitation(): string | undefined {
  const taken = word;
  word = undefined;
  return taken;
}

/** Say whether a link may sign in unasked: only to a hub on the person's own machine. A link to any other hub may
    come from a stranger, who wants somebody to work under the stranger's account. */
export function mayGoUnasked(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
