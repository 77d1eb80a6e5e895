/* A query on a page: loading, failed, or its data. Old data stays while the hub is away, and says so. */
import { Stack } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Loading } from "./Loading";
import { ProblemAlert } from "./ProblemAlert";

interface Props<T> {
  query: UseQueryResult<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}

export function Answer<T>({ query, rows, children }: Props<T>) {
  const alert = query.error ? <ProblemAlert error={query.error} retry={() => void query.refetch()} /> : null;
  if (query.data === undefined) return alert ?? <Loading {...(rows === undefined ? {} : { rows })} />;
  return (
    <Stack gap="md">
      {alert}
      {children(query.data)}
    </Stack>
  );
}
