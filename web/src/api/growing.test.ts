import { describe, expect, it } from "vitest";
import { grow } from "./growing";

const pagesOf = (all: number[]) => {
  const asked: (string | undefined)[] = [];
  const fetchPage = async (cursor: string | undefined) => {
    asked.push(cursor);
    const start = Number(cursor ?? 0);
    const items = all.slice(start, start + 3);
    return { items, next_cursor: all.length > start + 3 ? String(start + 3) : null };
  };
  return { asked, fetchPage };
};

describe("a list that grows at its end", () => {
  it("is read whole the first time", async () => {
    const grown = await grow(undefined, pagesOf([1, 2, 3, 4, 5]).fetchPage);
    expect(grown.items).toEqual([1, 2, 3, 4, 5]);
  });
  it("is asked only from its last page on after that", async () => {
    const first = await grow(undefined, pagesOf([1, 2, 3, 4]).fetchPage);
    const later = pagesOf([1, 2, 3, 4, 5, 6, 7]);
    const grown = await grow(first, later.fetchPage);
    expect(grown.items).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(later.asked).toEqual(["3", "6"]);
  });
});
