/* The quality gate of a station: what it learnt from, what it promises, what it did lately; calibrated anew by a
   person with a reason. */
import { Badge, Button, Select, Stack, Text } from "@mantine/core";
import { IconAdjustments, IconCircleCheck, IconHourglassLow, IconLoader } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { stationsQuery } from "@/rooms/deployments/queries";
import { Answer } from "@/ui/Answer";
import { type Fact, Facts } from "@/ui/Facts";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import { CalibrateDialog } from "./CalibrateDialog";
import { GateDone } from "./GateDone";
import { GateSees } from "./GateSees";
import { gateQuery, type StationGate } from "./gate";

const SIGNS = {
  calibrated: { colour: "good", icon: IconCircleCheck },
  calibrating: { colour: "info", icon: IconLoader },
  not_calibrated: { colour: "info", icon: IconHourglassLow },
} as const;

/** The gates of a site, one station at a time. */
export function GatePanel({ site }: { site: string }) {
  const { t } = useTranslation("monitoring");
  const stations = useQuery(stationsQuery(site)).data ?? [];
  const [picked, setPicked] = useState<string | null>(null);
  const station = stations.find(({ slug }) => slug === picked) ?? stations[0];
  if (!station) return null;
  return (
    <Section
      title={t("gate.title")}
      about={t("gate.about")}
      actions={
        stations.length > 1 && (
          <Select
            aria-label={t("gate.station")}
            data={stations.map(({ slug, name }) => ({ value: slug, label: name }))}
            value={station.slug}
            onChange={setPicked}
            allowDeselect={false}
            w={220}
          />
        )
      }
    >
      <Gate key={station.slug} site={site} station={station.slug} name={station.name} />
    </Section>
  );
}

function Gate({ site, station, name }: { site: string; station: string; name: string }) {
  const { t } = useTranslation("monitoring");
  const mayAct = useMay("monitoring:write");
  const gate = useQuery(gateQuery(site, station));
  const [opened, setOpened] = useState(false);
  return (
    <Answer query={gate} rows={3}>
      {(found) => (
        <Stack gap="md" align="flex-start">
          <GateState gate={found} />
          <GateDone windows={found.windows} />
          {mayAct && (
            <Button
              variant="default"
              leftSection={<IconAdjustments size={18} aria-hidden />}
              disabled={found.state === "calibrating"}
              onClick={() => setOpened(true)}
            >
              {t("gate.calibrate")}
            </Button>
          )}
          {opened && (
            <CalibrateDialog site={site} gate={found} name={name} onClose={() => setOpened(false)} />
          )}
        </Stack>
      )}
    </Answer>
  );
}

function GateState({ gate }: { gate: StationGate }) {
  const { t } = useTranslation("monitoring");
  const format = useFormat();
  const { calibration } = gate;
  const { colour, icon: Icon } = SIGNS[gate.state];
  const facts: Fact[] = calibration
    ? [
        [
          t("gate.learnt"),
          t("gate.from", {
            count: calibration.n_images,
            shown: format.integer(calibration.n_images),
            since: format.date(calibration.since),
            until: format.date(calibration.until),
          }),
        ],
        [t("gate.since"), <TimeAgo key="at" at={calibration.at} />],
        [
          t("gate.promise"),
          t(calibration.exact ? "gate.exact" : "gate.extrapolated", {
            share: format.percent(calibration.promise, 1),
          }),
        ],
        [
          t("gate.setBy"),
          calibration.automatic
            ? t("reference.automatic")
            : t("gate.byPerson", { by: calibration.by, reason: calibration.reason }),
        ],
      ]
    : [];
  return (
    <Stack gap="xs" w="100%" maw={860} align="stretch">
      <Badge
        color={colour}
        variant="light"
        radius="sm"
        size="lg"
        tt="none"
        leftSection={<Icon size={16} aria-hidden />}
        style={{ flexShrink: 0, minWidth: "max-content", alignSelf: "flex-start" }}
      >
        {t(`gate.${gate.state}`)}
      </Badge>
      {calibration ? (
        <>
          <Facts facts={facts} />
          <GateSees power={calibration.power} />
        </>
      ) : (
        <Text>
          {t("gate.notYet", {
            automatic: format.integer(gate.n_automatic),
            available: format.integer(gate.n_available),
          })}
        </Text>
      )}
    </Stack>
  );
}
