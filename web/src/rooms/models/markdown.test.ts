import { describe, expect, it } from "vitest";
import { readBlocks, readSpans } from "./markdown";

describe("a model card", () => {
  it("is headings, paragraphs that may run over lines, and lists", () => {
    expect(readBlocks("# Title\n\none\ntwo\n\n- a\n- b\n")).toEqual([
      { kind: "heading", level: 1, text: "Title" },
      { kind: "paragraph", text: "one two" },
      { kind: "list", items: ["a", "b"] },
    ]);
  });
  it("stays text where it holds HTML", () => {
    expect(readBlocks("<script>x</script>")).toEqual([{ kind: "paragraph", text: "<script>x</script>" }]);
  });
  it("marks strong words and code", () => {
    expect(readSpans("a **b** `c`")).toEqual([
      { kind: "text", text: "a " },
      { kind: "strong", text: "b" },
      { kind: "text", text: " " },
      { kind: "code", text: "c" },
    ]);
  });
});
