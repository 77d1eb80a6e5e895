import { describe, expect, it } from "vitest";
import { onePerPart } from "./golden";

const image = (id: string, part_id: string | null) => ({ id, part_id });

describe("the pictures to choose a golden part from", () => {
  it("are one of each part, the newest, and none without a part", () => {
    const images = [image("3", "P-1"), image("2", null), image("1", "P-1"), image("0", "P-2")];
    expect(onePerPart(images, 8).map(({ id }) => id)).toEqual(["3", "0"]);
    expect(onePerPart(images, 1).map(({ id }) => id)).toEqual(["3"]);
  });
});
