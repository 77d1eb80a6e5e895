/* Sends many files, four at a time. Owns what was sent, what was there already and what was refused; goes on by
   itself when the hub was lost; refuses to send twice what the hub has. Plain TypeScript: it outlives the page. */
import { type Problem, toProblem } from "@/api/problem";
import type { FoundFile } from "./scan";

export interface KnownFile {
  sha256: string;
  bytes: number;
}

/** The hub and the machine, as the uploader needs them. */
export interface Lines {
  known(signal: AbortSignal): Promise<Map<string, KnownFile>>;
  send(file: FoundFile, signal: AbortSignal, onProgress: (bytes: number) => void): Promise<void>;
  /** The hash of a file, null where the browser cannot (no secure context). */
  hash(file: File): Promise<string | null>;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export type Phase = "idle" | "comparing" | "sending" | "waiting" | "stopped" | "failed" | "done";

export interface UploadState {
  phase: Phase;
  files: number;
  /** Sent now, and found to be there already. */
  sent: number;
  skipped: number;
  bytes: number;
  doneBytes: number;
  refused: { path: string; problem: Problem }[];
  /** Why the whole could not go on. */
  problem: Problem | null;
}

const PARALLEL = 4;
const TELL_EVERY_MS = 100;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000];
const NOTHING = { files: 0, sent: 0, skipped: 0, bytes: 0, doneBytes: 0, refused: [], problem: null };

export class Uploader {
  state: UploadState = { phase: "idle", ...NOTHING };
  private ends = new AbortController();
  private readonly listeners = new Set<() => void>();
  private told = 0;
  private readonly underWay = new Map<string, number>();
  private finishedBytes = 0;

  constructor(private readonly lines: Lines) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get busy(): boolean {
    return ["comparing", "sending", "waiting"].includes(this.state.phase);
  }

  /** Send everything; resolves when it is there, stopped or failed. */
  async run(files: readonly FoundFile[]): Promise<void> {
    if (this.busy) return;
    this.ends = new AbortController();
    this.underWay.clear();
    this.finishedBytes = 0;
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    this.tell({ ...NOTHING, refused: [], phase: "comparing", files: files.length, bytes }, true);
    try {
      const known = await this.patiently(() => this.lines.known(this.ends.signal));
      this.tell({ phase: "sending" }, true);
      const queue = files.values();
      await Promise.all(Array.from({ length: PARALLEL }, () => this.work(queue, known)));
      this.tell({ phase: "done" }, true);
    } catch (error) {
      const stopped = this.ends.signal.aborted && this.state.phase === "stopped";
      this.ends.abort();
      if (!stopped) this.tell({ phase: "failed", problem: toProblem(error) }, true);
    }
  }

  stop(): void {
    if (!this.busy) return;
    this.tell({ phase: "stopped" }, true);
    this.ends.abort();
  }

  private async work(queue: Iterator<FoundFile>, known: Map<string, KnownFile>): Promise<void> {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const one = next.value;
      if (await this.isThere(one, known.get(one.path))) this.tell({ skipped: this.state.skipped + 1 });
      else await this.send(one);
      this.underWay.delete(one.path);
      this.finishedBytes += one.size;
      this.tell({ doneBytes: this.bytesDone() });
    }
  }

  private async isThere({ file, size }: FoundFile, known: KnownFile | undefined): Promise<boolean> {
    if (!known || known.bytes !== size) return false;
    return (await this.lines.hash(file)) === known.sha256;
  }

  private async send(one: FoundFile): Promise<void> {
    const onProgress = (bytes: number) => {
      this.underWay.set(one.path, Math.min(bytes, one.size));
      this.tell({ doneBytes: this.bytesDone() });
    };
    try {
      await this.patiently(() => this.lines.send(one, this.ends.signal, onProgress));
      this.tell({ sent: this.state.sent + 1 });
    } catch (error) {
      const problem = toProblem(error);
      if (this.ends.signal.aborted || !concernsOneFile(problem)) throw error;
      this.tell({ refused: [...this.state.refused, { path: one.path, problem }] });
    }
  }

  /** Do it again as long as the hub is not heard, is starting or is too busy. */
  private async patiently<T>(act: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures++) {
      try {
        const answer = await act();
        if (this.state.phase === "waiting") this.tell({ phase: "sending" }, true);
        return answer;
      } catch (error) {
        if (this.ends.signal.aborted || !mayPass(toProblem(error))) throw error;
        if (this.state.phase !== "waiting") this.tell({ phase: "waiting" }, true);
        await this.lines.wait(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] as number, this.ends.signal);
      }
    }
  }

  private bytesDone(): number {
    return this.finishedBytes + [...this.underWay.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  private tell(part: Partial<UploadState>, atOnce = false): void {
    if (this.ends.signal.aborted && this.state.phase === "stopped") return;
    this.state = { ...this.state, ...part };
    const now = performance.now();
    if (!atOnce && now - this.told < TELL_EVERY_MS) return;
    this.told = now;
    for (const listener of this.listeners) listener();
  }
}

function mayPass({ status }: Problem): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function concernsOneFile({ status, code }: Problem): boolean {
  return [400, 413, 415, 422].includes(status) && code !== "import-full";
}
