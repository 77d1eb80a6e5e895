/* The small part of Markdown that model cards are written in: headings, paragraphs, lists. Everything is text:
   nothing of it ever becomes HTML. */
export type Block =
  | { kind: "heading"; level: number; text: string }
  | { kind: "paragraph"; text: string }
  | { kind: "list"; items: string[] };

/** Return the blocks of a text; lines that follow each other are one paragraph. */
export function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let open = false;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const item = /^\s*[-*]\s+(.*)$/.exec(line);
    const last = blocks.at(-1);
    if (!line.trim()) open = false;
    else if (heading) {
      blocks.push({ kind: "heading", level: heading[1]?.length ?? 1, text: heading[2] ?? "" });
      open = false;
    } else if (item) {
      if (open && last?.kind === "list") last.items.push(item[1] ?? "");
      else blocks.push({ kind: "list", items: [item[1] ?? ""] });
      open = true;
    } else if (open && last?.kind === "paragraph") last.text += ` ${line.trim()}`;
    else if (open && last?.kind === "list") last.items.push(`${last.items.pop() ?? ""} ${line.trim()}`);
    else {
      blocks.push({ kind: "paragraph", text: line.trim() });
      open = true;
    }
  }
  return blocks;
}

export interface Span {
  kind: "text" | "strong" | "code";
  text: string;
}

/** Return the parts of a line: **strong**, `code`, and plain text. */
export function readSpans(text: string): Span[] {
  return text
    .split(/(\*\*[^*]+\*\*|`[^`]+`)/)
    .filter(Boolean)
    .map((part) => {
      if (part.startsWith("**") && part.length > 4) return { kind: "strong", text: part.slice(2, -2) };
      if (part.startsWith("`") && part.length > 2) return { kind: "code", text: part.slice(1, -1) };
      return { kind: "text", text: part };
    });
}
