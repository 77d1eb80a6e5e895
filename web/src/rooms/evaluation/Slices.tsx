/* The same figures by line, product, class and object size. */
import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { Section } from "@/ui/Section";
import { type Evaluation, judgedBy, type Slice, slicesQuery } from "./queries";
import { SliceTable } from "./SliceTable";

const KINDS = ["class", "line", "product", "size"];

export function Slices({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  const slices = useQuery(slicesQuery(evaluation.id));
  const of = (all: Slice[], kind: string) => all.filter((slice) => slice.kind === kind);
  if (slices.data && !slices.data.items.some((slice) => KINDS.includes(slice.kind))) return null;
  return (
    <Section title={t("slices.title")} about={t("slices.about")}>
      <Answer query={slices}>
        {({ items }) => {
          const there = KINDS.filter((kind) => of(items, kind).length > 0);
          return (
            <Tabs defaultValue={there[0]} keepMounted={false}>
              <Tabs.List>
                {there.map((kind) => (
                  <Tabs.Tab key={kind} value={kind}>
                    {t(`slices.${kind}`)}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              {there.map((kind) => (
                <Tabs.Panel key={kind} value={kind} pt="md">
                  <SliceTable
                    caption={t(`slices.${kind}`)}
                    first={t(`slices.${kind}`)}
                    slices={of(items, kind)}
                    metric={metricOf(of(items, kind), judgedBy(evaluation))}
                    name={(slice) =>
                      kind === "size" ? t(`size.${slice.key}`, { defaultValue: slice.name }) : slice.name
                    }
                  />
                </Tabs.Panel>
              ))}
            </Tabs>
          );
        }}
      </Answer>
    </Section>
  );
}

/** Return the judged metric where the slices have it, else the first that they have. */
function metricOf(slices: Slice[], judged: string): string {
  if (slices.some((slice) => slice.metrics?.[judged]?.value != null)) return judged;
  for (const slice of slices) {
    const found = Object.entries(slice.metrics ?? {}).find(([, estimate]) => estimate.value != null);
    if (found) return found[0];
  }
  return judged;
}
