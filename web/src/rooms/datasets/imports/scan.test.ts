import { describe, expect, it } from "vitest";
import { sift } from "./scan";

const found = (...paths: string[]) => paths.map((path) => ({ path, file: new File(["1234"], path) }));

describe("what a person brings", () => {
  it("is parted into what an import holds and what stays behind", async () => {
    const sifted = await sift(
      found("set/a.PNG", "set/boxes.json", "set/readme.txt", "set/notes", "set/more.zip"),
    );
    expect(sifted.usable.map(({ path }) => path)).toEqual(["set/a.PNG", "set/boxes.json"]);
    expect(sifted.archives.map(({ path }) => path)).toEqual(["set/more.zip"]);
    expect(sifted.passedOver).toEqual({ ".txt": 1, "?": 1 });
    expect(sifted.bytes).toBe(12);
  });
  it("may contain what systems leave behind, which nobody misses", async () => {
    expect(await sift(found("set/.DS_Store", "__MACOSX/set/a.png", "set/Thumbs.db"))).toMatchObject({
      usable: [],
      passedOver: {},
    });
  });
  it("gives the import its name when it is one folder or one archive", async () => {
    const named = async (...paths: string[]) => (await sift(found(...paths))).name;
    expect(await named("boards/a.png", "boards/b/c.png", ".DS_Store")).toBe("boards");
    expect(await named("boards.zip")).toBe("boards");
    expect(await named("a.png", "b.png")).toBe("");
  });
});
