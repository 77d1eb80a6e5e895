/* How far a score can be taken at its word at this site, class by class, from labels drawn at random. */
import { SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Reliability as Plot } from "@/charts/Reliability";
import { Answer } from "@/ui/Answer";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { calibrationQuery, type Reliability } from "./queries";

export function Calibration({ site }: { site: string }) {
  const { t } = useTranslation("performance");
  const calibration = useQuery(calibrationQuery(site));
  const first = calibration.data?.[0];
  const about = first
    ? t("calibration.aboutVersion", { version: `${first.model.name}:${first.model.number}` })
    : t("calibration.about");
  return (
    <Section title={t("calibration.title")} about={about}>
      <Answer query={calibration} rows={3}>
        {(classes) =>
          classes.length ? (
            <Stack>
              <Text fz="sm">{t(first?.recalibrated ? "calibration.own" : "calibration.notOwn")}</Text>
              <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="xl">
                {classes.filter(isEnough).map((one) => (
                  <OfClass key={one.label_class} reliability={one} />
                ))}
              </SimpleGrid>
              <TooFew classes={classes.filter((one) => !isEnough(one))} />
            </Stack>
          ) : (
            <Text c="dimmed">{t("calibration.none")}</Text>
          )
        }
      </Answer>
    </Section>
  );
}

/** Say whether the answers of a class are enough for an error; fewer make a plot of mere chance. */
const isEnough = ({ error }: Reliability) => error !== null;

function TooFew({ classes }: { classes: Reliability[] }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  if (classes.length === 0) return null;
  const told = classes.map(({ label_class: name, n }) =>
    t("calibration.few", { name, count: n, shown: format.integer(n) }),
  );
  return (
    <Text fz="sm" c="dimmed">
      {t("calibration.tooFew", { classes: told.join(" · ") })}
    </Text>
  );
}

function OfClass({ reliability }: { reliability: Reliability }) {
  const { t } = useTranslation("performance");
  const format = useFormat();
  const { label_class: name, bins, error, error_low: low, error_high: high, n } = reliability;
  const drawn = useMemo(
    () =>
      bins.map((bin) => ({
        confidence: bin.score,
        observed: bin.share,
        low: bin.low,
        high: bin.high,
        n: bin.n,
      })),
    [bins],
  );
  const told = t("calibration.error", {
    error: format.metric(error ?? 0),
    low: format.metric(low ?? 0),
    high: format.metric(high ?? 1),
    count: n,
    shown: format.integer(n),
  });
  return (
    <div>
      <Title order={3} fz="md" mb={2}>
        {name}
      </Title>
      <Text fz="sm" c="dimmed">
        {told}
      </Text>
      <Plot
        bins={drawn}
        xName={t("calibration.score")}
        yName={t("calibration.share")}
        countName={t("calibration.answers")}
        label={`${name}: ${told}`}
        height={260}
        growPx={4}
      />
    </div>
  );
}
