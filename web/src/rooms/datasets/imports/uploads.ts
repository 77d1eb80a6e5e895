/* The uploads of this tab, by import: they go on while the person looks at other pages. */
import { useSyncExternalStore } from "react";
import { api, body } from "@/api/client";
import type { Found, FoundFile } from "./scan";
import { addressOf, sendFile } from "./sending";
import { type KnownFile, type Lines, Uploader, type UploadState } from "./Uploader";

const uploads = new Map<string, Uploader>();
const watchers = new Set<() => void>();

/** Begin, or begin again, to send what was found to the import. */
export function startUpload(importId: string, found: Found): Promise<void> {
  let upload = uploads.get(importId);
  if (!upload) {
    upload = new Uploader(linesTo(importId));
    uploads.set(importId, upload);
    for (const watcher of watchers) watcher();
  }
  warnBeforeLeaving();
  return upload.run([...found.usable, ...found.archives]);
}

export function stopUpload(importId: string): void {
  uploads.get(importId)?.stop();
}

/** Forget a finished upload, so that its figures don't stand there any more. */
export function forgetUpload(importId: string): void {
  if (uploads.get(importId)?.busy) return;
  uploads.delete(importId);
  for (const watcher of watchers) watcher();
}

export function useUpload(importId: string): UploadState | null {
  return useSyncExternalStore(
    (listener) => {
      let end = uploads.get(importId)?.subscribe(listener);
      const watch = () => {
        end?.();
        end = uploads.get(importId)?.subscribe(listener);
        listener();
      };
      watchers.add(watch);
      return () => {
        watchers.delete(watch);
        end?.();
      };
    },
    () => uploads.get(importId)?.state ?? null,
  );
}

function linesTo(importId: string): Lines {
  return {
    known: (signal) => listKnown(importId, signal),
    hash: hashOf,
    send: (one, signal, onProgress) => send(importId, one, signal, onProgress),
    wait: (ms, signal) =>
      new Promise((done) => {
        const timer = setTimeout(done, ms);
        signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
      }),
  };
}

function send(importId: string, one: FoundFile, signal: AbortSignal, onProgress: (bytes: number) => void) {
  const archive = one.path.toLowerCase().endsWith(".zip");
  return sendFile({
    method: archive ? "POST" : "PUT",
    address: archive ? `/api/v1/imports/${importId}/archive` : addressOf(importId, one.path),
    type: archive ? "application/zip" : "application/octet-stream",
    body: one.file,
    signal,
    onProgress,
  });
}

async function listKnown(importId: string, signal: AbortSignal): Promise<Map<string, KnownFile>> {
  const known = new Map<string, KnownFile>();
  let cursor: string | null | undefined;
  do {
    const page = await body(
      api.GET("/api/v1/imports/{import_id}/files", {
        params: { path: { import_id: importId }, query: { limit: 1000, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    );
    for (const { path, sha256, bytes } of page.items) known.set(path, { sha256, bytes });
    cursor = page.next_cursor;
  } while (cursor);
  return known;
}

async function hashOf(file: File): Promise<string | null> {
  // Without https there is no crypto.subtle: then the file is sent again, which changes nothing.
  if (!globalThis.crypto?.subtle) return null;
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

let warned = false;
function warnBeforeLeaving(): void {
  if (warned) return;
  warned = true;
  addEventListener("beforeunload", (event) => {
    if ([...uploads.values()].some(({ busy }) => busy)) event.preventDefault();
  });
}
