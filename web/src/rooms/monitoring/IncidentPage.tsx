/* One incident: its cause with the evidence, its alarms with what moved, its probes, its history. */
import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { PageHeader } from "@/ui/PageHeader";
import { useParam } from "@/ui/params";
import { Alarms } from "./Alarms";
import { Evidence } from "./Evidence";
import { IncidentActs } from "./IncidentActs";
import { IncidentHead } from "./IncidentHead";
import { IncidentSteps } from "./IncidentSteps";
import { Probes } from "./Probes";
import { sitesOf } from "./places";
import { incidentQuery } from "./queries";
import { useChannelName } from "./useWords";

export function IncidentPage() {
  const { t } = useTranslation("monitoring");
  const query = useQuery(incidentQuery(useParam("incident")));
  const nameOf = useChannelName();
  const mayAct = useMay("monitoring:write");
  const known = query.data;
  const title = known
    ? t("incident.title", { number: known.number, what: nameOf(known.main_channel) })
    : t("list.number");
  return (
    <>
      <PageHeader
        title={title}
        about={known && t("incident.at", { sites: sitesOf(known).join(", ") })}
        trail={[{ to: "/incidents", label: t("list.title") }]}
      >
        {known && mayAct && <IncidentActs incident={known} />}
      </PageHeader>
      <Answer query={query}>
        {(incident) => (
          <Stack gap="lg">
            <IncidentHead incident={incident} />
            {incident.finding && <Evidence finding={incident.finding} />}
            {incident.alarms.length > 0 && <Alarms alarms={incident.alarms} />}
            <Probes incident={incident} />
            <IncidentSteps steps={incident.steps} />
          </Stack>
        )}
      </Answer>
    </>
  );
}
