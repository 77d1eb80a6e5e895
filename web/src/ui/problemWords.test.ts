import { describe, expect, it } from "vitest";
import fr from "@/locales/fr/ui.json";
import { wordsOf } from "./problemWords";

const groups: Record<string, Record<string, unknown>> = {
  problem: fr.problem,
  watching: fr.watching,
  refused: fr.refused,
};
const exists = (key: string) => {
  const [room = "", code = ""] = key.split(".");
  return code in (groups[room] ?? {});
};
const of = (code: string, language: string, title = "Said by the hub") =>
  wordsOf({ code, title, status: 409 }, { language, exists });

describe("the words of a failure", () => {
  it("tells a refusal in French and keeps the hub's detail, which names the thing", () => {
    expect(of("dataset-exists", "fr")).toEqual({ own: "refused.dataset-exists", detail: null });
  });
  it("leaves the hub its English where English is read, and a code that nobody foresaw everywhere", () => {
    expect(of("dataset-exists", "en")).toEqual({ own: null, detail: null });
    expect(of("of-tomorrow", "fr")).toEqual({ own: null, detail: null });
  });
  it("tells what is refused while watching whole in French", () => {
    expect(of("claim-exists", "fr")).toEqual({
      own: "watching.claim-exists",
      detail: "watching.claim-exists.detail",
    });
  });
  it("tells what people meet at the door in every language", () => {
    expect(of("bad-credentials", "en").own).toBe("problem.bad-credentials");
    expect(of("unreachable", "en", "").own).toBe("problem.unreachable");
    expect(of("unexpected", "fr", "").detail).toBeNull();
  });
});
