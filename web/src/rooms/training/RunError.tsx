/* Why a run ended without a model: the problem as the trainer or the hub told it, and what to do. */
import { ProblemError } from "@/api/problem";
import { ProblemAlert } from "@/ui/ProblemAlert";

export function RunError({ error }: { error: Record<string, unknown> }) {
  const text = (name: string) => (typeof error[name] === "string" ? error[name] : undefined);
  const told = new ProblemError({
    status: 0,
    code: text("code") ?? "unexpected",
    title: text("title") ?? "",
    detail: text("detail"),
    remedy: text("remedy"),
  });
  return <ProblemAlert error={told} />;
}
