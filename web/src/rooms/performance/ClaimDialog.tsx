/* States a claim that labels are to decide: which metric, how good at least, from which labels, how sure. */
import { NumberInput, SegmentedControl, Select, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { FormDialog } from "@/ui/FormDialog";
import { useFormat } from "@/ui/format";
import { useMetricName } from "@/ui/metrics";
import type { ClaimNew } from "./queries";

const METRICS: ClaimNew["metric"][] = ["recall", "precision", "f1"];
const CLAIMED: ClaimNew["stream"][] = ["audit", "seeded"];
/** Problems whose answers are hits and misses. */
const COUNTED = ["classification", "detection"];

export function ClaimDialog({ site, onClose }: { site: string; onClose: () => void }) {
  const { t, i18n } = useTranslation("performance");
  const format = useFormat();
  const decimalSeparator = i18n.language === "fr" ? "," : ".";
  const nameOf = useMetricName();
  const queries = useQueryClient();
  const [claim, setClaim] = useState<ClaimNew>({
    metric: "recall",
    at_least: 0.9,
    alpha: 0.05,
    stream: "audit",
    label_schema: "",
    reason: "",
  });
  const change = (some: Partial<ClaimNew>) => setClaim((before) => ({ ...before, ...some }));
  const schemas = useQuery({
    queryKey: ["annotation", "schemas", "claims"],
    queryFn: async ({ signal }) =>
      (
        await body(api.GET("/api/v1/label-schemas", { params: { query: { limit: 1000 } }, signal }))
      ).items.filter(({ problem }) => COUNTED.includes(problem)),
  });
  const only = schemas.data?.length === 1 ? schemas.data[0]?.slug : undefined;
  const schema = claim.label_schema || only || "";
  const state = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/sites/{site}/claims", {
          params: { path: { site } },
          body: { ...claim, label_schema: schema, reason: claim.reason.trim() },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["performance"] });
      onClose();
    },
  });
  const sane = claim.at_least > 0 && claim.at_least < 1 && claim.alpha > 0 && claim.alpha < 0.5;
  return (
    <FormDialog
      title={t("claim.title")}
      size="lg"
      onClose={onClose}
      onSubmit={() => state.mutate()}
      action={t("claim.submit")}
      busy={state.isPending}
      disabled={!schema || !sane}
      error={state.error}
    >
      <Text c="dimmed">{t("claim.about")}</Text>
      <Select
        label={t("claim.metric")}
        description={t(`claim.metricAbout.${claim.metric}`)}
        data={METRICS.map((one) => ({ value: one, label: nameOf(one) }))}
        value={claim.metric}
        onChange={(chosen) => chosen && change({ metric: chosen as ClaimNew["metric"] })}
        allowDeselect={false}
      />
      <NumberInput
        label={t("claim.atLeast")}
        description={t("claim.atLeastAbout")}
        min={0.01}
        max={0.999}
        step={0.01}
        decimalScale={3}
        decimalSeparator={decimalSeparator}
        value={claim.at_least}
        onChange={(value) => change({ at_least: Number(value) })}
        required
      />
      <div>
        <Text id="claim-stream" fw={500} mb={4}>
          {t("claim.stream")}
        </Text>
        <SegmentedControl
          fullWidth
          aria-labelledby="claim-stream"
          data={CLAIMED.map((one) => ({ value: one, label: t(`stream.${one}.word`) }))}
          value={claim.stream}
          onChange={(one) => change({ stream: one as ClaimNew["stream"] })}
        />
        <Text fz="sm" c="dimmed" mt={4}>
          {t(`stream.${claim.stream}.about`)}
        </Text>
      </div>
      <Select
        label={t("claim.schema")}
        data={(schemas.data ?? []).map(({ slug, name }) => ({ value: slug, label: name }))}
        value={schema || null}
        onChange={(chosen) => change({ label_schema: chosen ?? "" })}
        searchable
        required
      />
      <NumberInput
        label={t("claim.alpha")}
        description={t("certificates.promise", { alpha: format.percent(claim.alpha, 1) })}
        min={0.001}
        max={0.49}
        step={0.01}
        decimalScale={3}
        decimalSeparator={decimalSeparator}
        value={claim.alpha}
        onChange={(value) => change({ alpha: Number(value) })}
        required
      />
      <Textarea
        label={t("certificates.reason")}
        description={t("claim.reasonAbout")}
        maxLength={2000}
        autosize
        minRows={2}
        value={claim.reason}
        onChange={(event) => change({ reason: event.currentTarget.value })}
      />
    </FormDialog>
  );
}
