/* The images of a site: how many, how fresh, and which were refused and why. */
import { Button, Stack, Text } from "@mantine/core";
import { IconPhotoPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { type Column, DataTable } from "@/ui/DataTable";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { TimeAgo } from "@/ui/TimeAgo";
import type { SiteOverview } from "./overview";
import { refusedQuery } from "./queries";

type Refused = Schemas["RefusedCount"];

export function SiteImages({ site }: { site: SiteOverview }) {
  const { t } = useTranslation("sites");
  const format = useFormat();
  const refused = useQuery(refusedQuery);
  const mayImport = useMay("images:write");
  const columns: Column<Refused>[] = [
    {
      key: "code",
      title: t("refused.reason"),
      cell: ({ code }) => t(`refused.code.${code}`, { defaultValue: code }),
    },
    { key: "count", title: t("refused.count"), numeric: true, cell: ({ count }) => format.integer(count) },
    { key: "last", title: t("refused.last"), cell: ({ last_at }) => <TimeAgo at={last_at} /> },
    {
      key: "detail",
      title: t("refused.example"),
      cell: ({ last_file_name, last_detail }) =>
        last_file_name ? `${last_file_name}: ${last_detail}` : last_detail,
    },
  ];
  return (
    <Section
      title={t("images.title")}
      about={
        <>
          {t("images.count", { images: format.integer(site.images) })}{" "}
          {site.last_image_at && (
            <>
              {t("images.latest")} <TimeAgo at={site.last_image_at} />
            </>
          )}
        </>
      }
      actions={
        mayImport && (
          <Button
            component={Link}
            to="/imports"
            variant="default"
            leftSection={<IconPhotoPlus size={18} aria-hidden />}
          >
            {t("images.import")}
          </Button>
        )
      }
    >
      <Answer query={refused} rows={2}>
        {({ items }) => {
          const here = items.filter(({ site_id }) => site_id === site.site.id);
          if (here.length === 0) return <Text c="dimmed">{t("refused.none")}</Text>;
          return (
            <Stack gap="xs">
              <Text>{t("refused.about")}</Text>
              <DataTable
                rows={here}
                columns={columns}
                rowKey={({ code }) => code}
                caption={t("refused.caption")}
              />
            </Stack>
          );
        }}
      </Answer>
    </Section>
  );
}
