/* Starts the app: texts, theme, server state, router. */
import "@fontsource-variable/inter/index.css";
import "@mantine/core/styles.css";
import "./tokens.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { rememberCsrf } from "@/api/client";
import { startTexts } from "./i18n";
import { LiveStream } from "./live";
import { makeQueries } from "./queries";
import { makeRouter } from "./router";
import { resolveVariables, theme } from "./theme";

const queries = makeQueries(() => void goToDoor());
const live = new LiveStream(queries);
const router = makeRouter({ queries, live });

/** The session is over: the person signs in again and comes back here; nothing of before is left in memory. */
async function goToDoor(): Promise<void> {
  const { pathname, href } = router.latestLocation;
  if (pathname === "/sign-in") return;
  rememberCsrf("");
  await router.navigate({ to: "/sign-in", search: { next: href } } as never);
  queries.clear();
}

const nonce = () => document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";
// Dialogs hold the page still with a style of their own, which the Content-Security-Policy admits by nonce only.
(globalThis as { __webpack_nonce__?: string }).__webpack_nonce__ = nonce();

await startTexts();
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolveVariables}
      defaultColorScheme="auto"
      getStyleNonce={nonce}
    >
      <QueryClientProvider client={queries}>
        <Suspense fallback={null}>
          <RouterProvider router={router} />
        </Suspense>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
