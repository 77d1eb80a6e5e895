/* Fetches the next page of a list; not there when the list is whole. */
import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

export function MoreButton({ query }: Props) {
  const { t } = useTranslation();
  if (!query.hasNextPage) return null;
  return (
    <Group justify="center" mt="sm">
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {t("action.more")}
      </Button>
    </Group>
  );
}
