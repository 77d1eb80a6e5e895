/* The first page: how the model does at every site, worst first. */
import { Button, Code, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBuildingFactory2, IconPlus, IconSearchOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { watchedSitesQuery } from "@/rooms/monitoring/queries";
import { standingsQuery } from "@/rooms/performance/queries";
import { Answer } from "@/ui/Answer";
import { EmptyState } from "@/ui/EmptyState";
import { PageHeader } from "@/ui/PageHeader";
import { useSearchValues } from "@/ui/params";
import { AddSite } from "./AddSite";
import { filterSites, overviewQuery, type SiteOverview } from "./overview";
import { SiteCard } from "./SiteCard";
import classes from "./SiteCard.module.css";
import { SiteFilters } from "./SiteFilters";
import { SitesAnswer } from "./SitesAnswer";
import { worstFirst } from "./standing";

export function SitesPage() {
  const { t } = useTranslation("sites");
  const query = useQuery(overviewQuery);
  const mayAdd = useMay("sites:write");
  const [adding, { open, close }] = useDisclosure(false);
  const add = mayAdd && (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={open}>
      {t("add.open")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} about={t("about")}>
        {query.data && query.data.length > 0 && add}
      </PageHeader>
      <Answer query={query}>
        {(sites) =>
          sites.length === 0 ? (
            <EmptyState icon={IconBuildingFactory2} title={t("empty.title")} text={t("empty.text")}>
              {add}
              <Text c="dimmed" maw={560}>
                {t("empty.images")}
              </Text>
              <Code block>perenne images push FOLDER --site lyon --station s1</Code>
            </EmptyState>
          ) : (
            <SiteList sites={sites} />
          )
        }
      </Answer>
      {adding && <AddSite onClose={close} />}
    </>
  );
}

function SiteList({ sites }: { sites: SiteOverview[] }) {
  const { t } = useTranslation("sites");
  const [{ verdict = "", q = "" }, change] = useSearchValues();
  const watched = useQuery({ ...watchedSitesQuery, enabled: useMay("monitoring:read") });
  const certified = useQuery({ ...standingsQuery, enabled: useMay("performance:read") });
  const shown = worstFirst(filterSites(sites, verdict, q), watched.data, certified.data);
  return (
    <Stack gap="md">
      <SitesAnswer sites={sites} />
      <SiteFilters sites={sites} verdict={verdict} words={q} onChange={change} />
      {shown.length === 0 ? (
        <EmptyState icon={IconSearchOff} title={t("filter.none.title")} text={t("filter.none.text")}>
          <Button variant="default" onClick={() => change({ verdict: "", q: "" })}>
            {t("filter.none.clear")}
          </Button>
        </EmptyState>
      ) : (
        <ul className={classes.list} aria-label={t("list")}>
          {shown.map((standing) => (
            <SiteCard key={standing.site.site.id} standing={standing} />
          ))}
        </ul>
      )}
    </Stack>
  );
}
