/* One stream of server-sent events a tab; it only says which kind of thing changed. Owns opening, closing and
   the state "connected"; refuses to carry data: queries fetch it. Closed while the tab is hidden. */
import type { Query, QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

export type LiveState = "off" | "connecting" | "live" | "lost";
const RETRY_MS = [500, 1_000, 2_000, 5_000];

/** A query shows the topic that its key starts with, and those of its `meta.topics`. */
function shows(query: Query, topic: string): boolean {
  const more = query.meta?.["topics"];
  return query.queryKey[0] === topic || (Array.isArray(more) && more.includes(topic));
}

export class LiveStream {
  state: LiveState = "off";
  private source: EventSource | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private wasLost = false;
  private readonly listeners = new Set<() => void>();
  private readonly refreshing = new Map<string, "once" | "again">();

  constructor(private readonly queries: QueryClient) {}

  start(): () => void {
    const follow = () => (document.hidden ? this.close("off") : this.open());
    document.addEventListener("visibilitychange", follow);
    follow();
    return () => {
      document.removeEventListener("visibilitychange", follow);
      this.close("off");
    };
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private open(): void {
    if (this.source) return;
    clearTimeout(this.retry);
    this.tell(this.wasLost ? "lost" : "connecting");
    const source = new EventSource("/api/v1/events");
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      if (this.wasLost) void this.queries.invalidateQueries();
      this.wasLost = false;
      this.tell("live");
    };
    source.addEventListener("changed", (event) => {
      const { topics } = JSON.parse(String(event.data)) as { topics: string[] };
      this.tellChanged(topics);
    });
    source.onerror = () => {
      this.close("lost");
      this.wasLost = true;
      this.retry = setTimeout(() => this.open(), RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]);
    };
  }

  /** Ask again for all that shows one of the topics. */
  tellChanged(topics: string[]): void {
    for (const topic of topics) void this.refresh(topic);
  }

  /** News that come while an answer is on its way are asked for right after
      it: an answer is never cut off, so that fast news cannot starve a page. */
  private async refresh(topic: string): Promise<void> {
    if (this.refreshing.has(topic)) {
      this.refreshing.set(topic, "again");
      return;
    }
    const predicate = (query: Query) => shows(query, topic);
    const ask = () => this.queries.invalidateQueries({ predicate }, { cancelRefetch: false });
    this.refreshing.set(topic, this.queries.isFetching({ predicate }) ? "again" : "once");
    await ask();
    while (this.refreshing.get(topic) === "again") {
      this.refreshing.set(topic, "once");
      await ask();
    }
    this.refreshing.delete(topic);
  }

  private close(state: LiveState): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = undefined;
    this.tell(state);
  }

  private tell(state: LiveState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

export function useLiveState(stream: LiveStream): LiveState {
  return useSyncExternalStore(stream.subscribe, () => stream.state);
}
