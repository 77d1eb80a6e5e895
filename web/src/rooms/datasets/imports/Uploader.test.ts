import { describe, expect, it } from "vitest";
import { ProblemError, unreachable } from "@/api/problem";
import type { FoundFile } from "./scan";
import { type KnownFile, type Lines, Uploader } from "./Uploader";

const file = (path: string, text: string): FoundFile => ({
  path,
  file: new File([text], path),
  size: text.length,
});
const refusal = (status: number, code: string) =>
  new ProblemError({ title: code, status, code, detail: code });

function plant(known: [string, KnownFile][] = [], refuse: (path: string) => Error | null = () => null) {
  const sent: string[] = [];
  const seen = { atOnce: 0, most: 0, waited: 0 };
  const lines: Lines = {
    known: async () => new Map(known),
    hash: async (one) => `hash of ${await one.text()}`,
    wait: async () => {
      seen.waited += 1;
    },
    send: async (one, signal, onProgress) => {
      seen.most = Math.max(seen.most, ++seen.atOnce);
      await Promise.resolve();
      seen.atOnce -= 1;
      const error = refuse(one.path);
      if (error) throw error;
      if (signal.aborted) throw new DOMException("stopped", "AbortError");
      onProgress(one.size);
      sent.push(one.path);
    },
  };
  return { uploader: new Uploader(lines), sent, seen };
}

describe("an upload", () => {
  const many = Array.from({ length: 20 }, (_, number) => file(`a/${number}.png`, `picture ${number}`));

  it("sends every file, four at a time", async () => {
    const { uploader, sent, seen } = plant();
    await uploader.run(many);
    expect(sent.toSorted()).toEqual(many.map(({ path }) => path).toSorted());
    expect(seen.most).toBe(4);
    expect(uploader.state).toMatchObject({ phase: "done", files: 20, sent: 20, skipped: 0 });
    expect(uploader.state.doneBytes).toBe(uploader.state.bytes);
  });
  it("leaves out what the hub has, and sends what changed", async () => {
    const { uploader, sent } = plant([
      ["a/0.png", { sha256: "hash of picture 0", bytes: 9 }],
      ["a/1.png", { sha256: "hash of another 1", bytes: 9 }],
    ]);
    await uploader.run(many.slice(0, 2));
    expect(sent).toEqual(["a/1.png"]);
    expect(uploader.state).toMatchObject({ phase: "done", sent: 1, skipped: 1 });
  });
  it("waits while the hub is lost, and goes on where it stopped", async () => {
    let lost = 3;
    const { uploader, sent, seen } = plant([], () => (lost-- > 0 ? new ProblemError(unreachable()) : null));
    await uploader.run(many.slice(0, 2));
    expect(seen.waited).toBe(3);
    expect(sent.length).toBe(2);
    expect(uploader.state.phase).toBe("done");
  });
  it("names a file that is refused, and sends the others", async () => {
    const { uploader, sent } = plant([], (path) =>
      path === "a/3.png" ? refusal(422, "file-not-usable") : null,
    );
    await uploader.run(many);
    expect(sent.length).toBe(19);
    expect(uploader.state.refused.map(({ path }) => path)).toEqual(["a/3.png"]);
    expect(uploader.state.phase).toBe("done");
  });
  it("ends when no file can be taken any more, and says why", async () => {
    const { uploader } = plant([], () => refusal(409, "import-state"));
    await uploader.run(many);
    expect(uploader.state).toMatchObject({ phase: "failed", problem: { code: "import-state" } });
  });
  it("stops when it is told to", async () => {
    const { uploader, sent } = plant([], (path) => (path === "a/5.png" ? (uploader.stop(), null) : null));
    await uploader.run(many);
    expect(uploader.state.phase).toBe("stopped");
    expect(sent.length).toBeLessThan(10);
  });
});
