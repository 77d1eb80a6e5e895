/* One file to the hub, with progress: what fetch cannot tell. */
import { unsafeHeaders } from "@/api/client";
import { type Problem, ProblemError, unreachable } from "@/api/problem";

export interface Sending {
  method: "PUT" | "POST";
  address: string;
  body: Blob;
  type: string;
  signal: AbortSignal;
  onProgress?: (bytes: number) => void;
}

/** Resolve when the hub has the file. Rejects with a ProblemError; status 0 when the hub was not heard. */
export function sendFile({ method, address, body, type, signal, onProgress }: Sending): Promise<void> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const end = (act: () => void) => {
      signal.removeEventListener("abort", stop);
      act();
    };
    request.open(method, address);
    request.setRequestHeader("Content-Type", type);
    for (const [name, value] of Object.entries(unsafeHeaders())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress?.(event.loaded);
    request.onload = () =>
      end(() => (request.status < 300 ? done() : fail(new ProblemError(problemIn(request)))));
    request.onerror = () => end(() => fail(new ProblemError(unreachable())));
    request.onabort = () => end(() => fail(new DOMException("stopped", "AbortError")));
    if (signal.aborted) return fail(new DOMException("stopped", "AbortError"));
    signal.addEventListener("abort", stop);
    request.send(body);
  });
}

function problemIn(request: XMLHttpRequest): Problem {
  try {
    return { ...(JSON.parse(request.responseText) as Problem), status: request.status };
  } catch {
    return { title: request.statusText || "HTTP", status: request.status, code: "http" };
  }
}

export function addressOf(importId: string, path: string): string {
  return `/api/v1/imports/${importId}/files/${path.split("/").map(encodeURIComponent).join("/")}`;
}
