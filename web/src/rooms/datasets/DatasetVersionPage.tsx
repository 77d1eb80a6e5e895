/* A frozen version: what is inside, how it was divided, its hashes, its images, and who opened its test set. */
import { Button, Stack } from "@mantine/core";
import { IconChartBar, IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { PageHeader } from "@/ui/PageHeader";
import { useParam } from "@/ui/params";
import { CardCounts } from "./CardCounts";
import { DiffPicker } from "./DiffPicker";
import { Openings } from "./Openings";
import { cardQuery, versionQuery } from "./queries";
import { Seal } from "./VersionsTable";
import { VersionItems } from "./VersionItems";
import { VersionRules } from "./VersionRules";

export function DatasetVersionPage() {
  const { t } = useTranslation("datasets");
  const id = useParam("version");
  const mayTrain = useMay("runs:write");
  const mayEvaluate = useMay("evaluations:write");
  const version = useQuery(versionQuery(id));
  const card = useQuery(cardQuery(id));
  return (
    <Answer query={version}>
      {(found) => (
        <>
          <PageHeader
            title={`${found.dataset} · ${t("version.numbered", { number: found.number })}`}
            trail={[
              { to: "/datasets", label: t("list.title") },
              { to: `/datasets/${found.dataset_id}`, label: found.dataset },
            ]}
            about={<Seal version={found} />}
          >
            <DiffPicker version={found} />
            {mayEvaluate && (
              <Button
                component={Link}
                variant="default"
                to="/evaluations"
                search={{ start: "new", dataset_version: found.id } as never}
                leftSection={<IconChartBar size={18} aria-hidden />}
              >
                {t("version.evaluate")}
              </Button>
            )}
            {mayTrain && (
              <Button
                component={Link}
                to="/runs"
                search={{ start: found.id } as never}
                leftSection={<IconPlayerPlay size={18} aria-hidden />}
              >
                {t("version.train")}
              </Button>
            )}
          </PageHeader>
          <Stack>
            <Answer query={card}>{(counts) => <CardCounts card={counts} version={found} />}</Answer>
            <VersionRules version={found} />
            <VersionItems version={found} sites={Object.keys(card.data?.sites ?? {})} />
            {found.sealed && <Openings version={found} />}
          </Stack>
        </>
      )}
    </Answer>
  );
}
