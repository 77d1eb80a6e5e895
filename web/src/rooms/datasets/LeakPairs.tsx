/* The pairs of images that a refused split would have put on two sides, each with what ties them. */
import { Anchor, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ProblemError } from "@/api/problem";
import { type Column, DataTable } from "@/ui/DataTable";

type Pair = [a: string, b: string, link: string];
const SHOWN = 20;

export function LeakPairs({ error }: { error: unknown }) {
  const { t } = useTranslation("datasets");
  const given = error instanceof ProblemError ? error.problem.pairs : undefined;
  if (!Array.isArray(given) || !given.length) return null;
  const pairs = given as Pair[];
  const image = (id: string) => (
    <Anchor component={Link} to={`/images/${id}`} target="_blank">
      <PairThumbnail id={id} />
    </Anchor>
  );
  const columns: Column<Pair>[] = [
    { key: "a", title: t("leak.one"), cell: ([a]) => image(a) },
    { key: "b", title: t("leak.other"), cell: ([, b]) => image(b) },
    { key: "link", title: t("leak.tie"), cell: ([, , link]) => link },
  ];
  return (
    <div>
      <Text fw={600} mb="xs">
        {t("leak.title", { count: pairs.length })}
      </Text>
      <DataTable
        rows={pairs.slice(0, SHOWN)}
        columns={columns}
        rowKey={([a, b]) => `${a}-${b}`}
        caption={t("leak.title", { count: pairs.length })}
      />
    </div>
  );
}

function PairThumbnail({ id }: { id: string }) {
  return <img src={`/api/v1/images/${id}/thumbnail`} alt={id} height={64} loading="lazy" />;
}
