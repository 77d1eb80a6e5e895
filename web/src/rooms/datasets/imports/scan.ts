/* What a person drops or chooses: files with their paths below the folder. Owns reading folders whole; refuses
   what an import cannot hold, and counts it. */

export interface RawFile {
  path: string;
  file: File;
}

export interface FoundFile extends RawFile {
  /** In bytes. Kept, for a browser may look at the disk whenever a file is asked for its size. */
  size: number;
}

export interface Found {
  /** That of the one folder or archive, else empty. */
  name: string;
  usable: FoundFile[];
  archives: FoundFile[];
  /** How many files of which ending stay behind. */
  passedOver: Record<string, number>;
  bytes: number;
}

const IMAGES = [".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"];
const TABLES = [".json", ".csv", ".tsv"];
export const ACCEPTED = [...IMAGES, ...TABLES, ".zip"].join(",");

/** Return every file of what was dropped; folders are read to their ends. Call it within the drop event. */
export async function readDropped(transfer: DataTransfer): Promise<RawFile[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (!entries.length) return [...transfer.files].map((file) => ({ path: file.name, file }));
  const found: RawFile[] = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

/** Return the files of a file or folder input. */
export function readChosen(files: Iterable<File>): RawFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

async function walk(entry: FileSystemEntry, found: RawFile[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, "");
  if (isHidden(path)) return;
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A folder is given in parts, the last one empty.
    const part = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (!part.length) return;
    for (const child of part) await walk(child, found);
  }
}

const SLICE_MS = 12;

/** Part what an import can hold from what stays behind, without holding up the page. Files that systems leave
    in folders are no loss. */
export async function sift(files: readonly RawFile[]): Promise<Found> {
  const found: Found = { name: nameOf(files), usable: [], archives: [], passedOver: {}, bytes: 0 };
  let rested = performance.now();
  for (const one of files) {
    if (performance.now() - rested > SLICE_MS) {
      await new Promise((done) => setTimeout(done));
      rested = performance.now();
    }
    if (isHidden(one.path)) continue;
    const ending = endingOf(one.path);
    if (ending !== ".zip" && !IMAGES.includes(ending) && !TABLES.includes(ending)) {
      found.passedOver[ending || "?"] = (found.passedOver[ending || "?"] ?? 0) + 1;
      continue;
    }
    const size = one.file.size;
    (ending === ".zip" ? found.archives : found.usable).push({ ...one, size });
    found.bytes += size;
  }
  return found;
}

function nameOf(files: readonly RawFile[]): string {
  const tops = new Set(
    files.filter(({ path }) => !isHidden(path)).map(({ path }) => path.split("/")[0] ?? ""),
  );
  const [top] = tops;
  return tops.size === 1 && top ? top.replace(/\.zip$/i, "") : "";
}

function isHidden(path: string): boolean {
  return path
    .split("/")
    .some(
      (part) => part.startsWith(".") || part === "__MACOSX" || part === "Thumbs.db" || part === "desktop.ini",
    );
}

function endingOf(path: string): string {
  return /\.[^./]+$/.exec(path)?.[0].toLowerCase() ?? "";
}
