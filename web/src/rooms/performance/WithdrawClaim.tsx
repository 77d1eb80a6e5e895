/* Takes a claim back, and says what goes with it. */
import { Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { ConfirmDestroy } from "@/ui/ConfirmDestroy";
import { useFormat } from "@/ui/format";
import type { Certificate } from "./queries";

interface Props {
  certificate: Certificate;
  name: string;
  onClose: () => void;
}

export function WithdrawClaim({ certificate, name, onClose }: Props) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const queries = useQueryClient();
  const withdraw = useMutation({
    mutationFn: () =>
      body(api.DELETE("/api/v1/claims/{claim}", { params: { path: { claim: certificate.id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["performance"] });
      onClose();
    },
  });
  return (
    <ConfirmDestroy
      opened
      title={t("withdraw.title", { claim: name })}
      what={
        <Stack gap="xs">
          <Text>
            {t(certificate.state === "certified" ? "withdraw.certificate" : "withdraw.evidence", {
              count: certificate.n_labels,
              shown: format.integer(certificate.n_labels),
              site: certificate.site,
            })}
          </Text>
          <Text fz="sm" c="dimmed">
            {t("withdraw.stays")}
          </Text>
        </Stack>
      }
      action={t("withdraw.submit")}
      busy={withdraw.isPending}
      error={withdraw.error}
      onConfirm={() => withdraw.mutate()}
      onClose={onClose}
    />
  );
}
