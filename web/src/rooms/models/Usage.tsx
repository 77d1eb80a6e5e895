/* Where the version answers or answered, and on what it was evaluated. */
import { Anchor, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { CertifiedAt } from "@/rooms/performance/CertifiedAt";
import { Answer } from "@/ui/Answer";
import { SignBadge } from "@/ui/Badges";
import { type Column, DataTable } from "@/ui/DataTable";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import { lineageQuery, type ModelVersion } from "./queries";

type Deployed = Schemas["ModelDeployment"];
type Evaluated = Schemas["ModelEvaluation"];

export function Usage({ model }: { model: ModelVersion }) {
  const { t } = useTranslation("models");
  const lineage = useQuery(lineageQuery(model.id));
  return (
    <Section title={t("usage.title")}>
      <Answer query={lineage} rows={3}>
        {({ deployments = [], evaluations = [] }) => (
          <Stack>
            <Deployments rows={deployments} />
            <Evaluations rows={evaluations} />
            <CertifiedAt model={model.id} />
          </Stack>
        )}
      </Answer>
    </Section>
  );
}

function Deployments({ rows }: { rows: Deployed[] }) {
  const { t } = useTranslation("models");
  const columns: Column<Deployed>[] = [
    {
      key: "site",
      title: t("usage.site"),
      cell: (one) => (
        <Anchor component={Link} to={`/sites/${one.site}`}>
          {[one.site, one.station].filter(Boolean).join(" · ")}
        </Anchor>
      ),
    },
    { key: "state", title: t("usage.state"), cell: (one) => <SignBadge value={one.state} /> },
    { key: "at", title: t("usage.since"), cell: (one) => <TimeAgo at={one.at} /> },
  ];
  return (
    <div>
      <Title order={3} fz="md" mb="xs">
        {t("usage.deployments")}
      </Title>
      {rows.length ? (
        <DataTable rows={rows} columns={columns} rowKey={(one) => one.id} caption={t("usage.deployments")} />
      ) : (
        <Text c="dimmed">{t("usage.notDeployed")}</Text>
      )}
    </div>
  );
}

function Evaluations({ rows }: { rows: Evaluated[] }) {
  const { t } = useTranslation("models");
  const columns: Column<Evaluated>[] = [
    {
      key: "dataset",
      title: t("usage.dataset"),
      cell: (one) => (
        <Anchor component={Link} to={`/evaluations/${one.id}`}>
          {one.dataset}:{one.dataset_number} · {one.split}
        </Anchor>
      ),
    },
    { key: "at", title: t("usage.finished"), cell: (one) => <TimeAgo at={one.finished_at} /> },
  ];
  return (
    <div>
      <Title order={3} fz="md" mb="xs">
        {t("usage.evaluations")}
      </Title>
      {rows.length ? (
        <DataTable rows={rows} columns={columns} rowKey={(one) => one.id} caption={t("usage.evaluations")} />
      ) : (
        <Text c="dimmed">{t("usage.notEvaluated")}</Text>
      )}
    </div>
  );
}
