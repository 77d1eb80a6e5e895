/* How the evidence for and against a claim grew with the labels; where it passes a line, the claim is decided. */
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Chart } from "@/charts/Chart";
import type { Tokens } from "@/charts/tokens";
import { Answer } from "@/ui/Answer";
import { useFormat } from "@/ui/format";
import { evidenceOption } from "./evidenceOption";
import { type Certificate, claimQuery } from "./queries";

export function EvidencePath({ certificate }: { certificate: Certificate }) {
  const { t } = useTranslation("performance");
  const whole = useQuery(claimQuery(certificate.id));
  return (
    <Answer query={whole} rows={2}>
      {(found) =>
        found.n_objects > 0 && (found.path?.length ?? 0) > 1 ? (
          <Drawn certificate={found} />
        ) : (
          <Text c="dimmed">{t("evidence.none")}</Text>
        )
      }
    </Answer>
  );
}

function Drawn({ certificate }: { certificate: Certificate }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const option = useCallback(
    (tokens: Tokens) =>
      evidenceOption({
        certificate,
        tokens,
        words: {
          labels: t("evidence.labels"),
          evidence: t("evidence.axis"),
          certified: t("evidence.certified"),
          violated: t("evidence.violated"),
          inFavour: t("evidence.for"),
          against: t("evidence.against"),
          odds: (value: number) => t("evidence.odds", { odds: format.number(Math.exp(value), 1) }),
        },
      }),
    [certificate, t, format],
  );
  const label = t("evidence.told", {
    labels: format.integer(certificate.n_labels),
    now: format.number(Math.exp(Math.min(certificate.log_wealth, 20)), 1),
    needed: format.number(Math.exp(certificate.log_threshold), 0),
  });
  return (
    <div>
      <Chart option={option} label={label} height={230} />
      <Text fz="sm" c="dimmed">
        {t("evidence.about", { needed: format.number(Math.exp(certificate.log_threshold), 0) })}
      </Text>
    </div>
  );
}
