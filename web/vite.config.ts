import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const hub = process.env.PERENNE_URL ?? "http://127.0.0.1:8765";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The hub replaces this word by a fresh nonce in every page that it serves (strict Content-Security-Policy).
  html: { cspNonce: "PERENNE_NONCE" },
  build: {
    outDir: "../src/perenne/web",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 700,
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        chunkFileNames: ({ name }) => `assets/${name.replace(/~.*/, "")}-[hash].js`,
        codeSplitting: {
          groups: [
            // What the first page needs is one file: fifty small ones compress a tenth worse.
            { name: "main", tags: ["$initial"], priority: 2 },
            { name: "shared", minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: 5000 },
          ],
        },
      },
    },
  },
  server: { host: "127.0.0.1", port: 5173, strictPort: true, proxy: { "/api": hub, "/docs": hub } },
});
