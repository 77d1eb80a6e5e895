import { describe, expect, it } from "vitest";
import { makeFormat, tellSmall } from "./format";

describe("figures", () => {
  const en = makeFormat("en");
  const fr = makeFormat("fr");
  it("are written with the decimal sign of the language", () => {
    expect(en.metric(0.9534)).toBe("0.953");
    expect(fr.metric(0.9534)).toBe("0,953");
  });
  it("tell durations in their two largest units", () => {
    expect(en.duration(0)).toBe("0 sec");
    expect(en.duration(125)).toBe("2 min 5 sec");
    expect(en.duration(7322)).toBe("2 hr 2 min");
  });
  it("tell sizes in decimal units", () => {
    expect(en.bytes(0)).toBe("0 byte");
    expect(en.bytes(1_530_000)).toBe("1.5 MB");
    expect(fr.bytes(1_530_000)).toMatch(/^1,5\sMo$/);
  });
  it("tell how long ago in the largest whole unit", () => {
    const now = new Date("2026-01-05T12:00:00Z");
    expect(en.ago("2026-01-05T11:58:00Z", now)).toBe("2 minutes ago");
    expect(fr.ago("2026-01-04T12:00:00Z", now)).toBe("hier");
  });
  it("are told in powers of ten where they would round to nothing", () => {
    expect(tellSmall(0.0000131, fr)).toBe("1,3 × 10⁻⁵");
    expect(tellSmall(0.25, fr)).toBe("0,25");
  });
});
