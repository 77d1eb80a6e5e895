/* How often a page asks again: every 2 s while something runs, every 30 s otherwise, never when hidden.
   The event stream makes it faster; without the stream everything still works. */
export const BUSY_MS = 2_000;
export const QUIET_MS = 30_000;

/** Return TanStack Query options; `busy` looks at the latest data. */
export function polling<T>(busy: (data: T | undefined) => boolean = () => false) {
  return {
    refetchInterval: (query: { state: { data: unknown } }) =>
      busy(query.state.data as T | undefined) ? BUSY_MS : QUIET_MS,
    refetchIntervalInBackground: false,
  };
}
