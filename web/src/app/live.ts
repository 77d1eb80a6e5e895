/* One stream of server-sent events a tab; it only says which kind of thing changed. Owns opening, closing and
   the state "connected"; refuses to carry data: queries fetch it. Closed while the tab is hidden. */
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

export type LiveState = "off" | "connecting" | "live" | "lost";
const RETRY_MS = [500, 1_000, 2_000, 5_000];

export class LiveStream {
  state: LiveState = "off";
  private source: EventSource | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private wasLost = false;
  private readonly listeners = new Set<() => void>();

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
    source.addEventListener("changed", (event) => this.invalidate(String(event.data)));
    source.onerror = () => {
      this.close("lost");
      this.wasLost = true;
      this.retry = setTimeout(() => this.open(), RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]);
    };
  }

  private invalidate(data: string): void {
    const { topics } = JSON.parse(data) as { topics: string[] };
    for (const topic of topics) void this.queries.invalidateQueries({ queryKey: [topic] });
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
