/* How long ago, with the exact time for whoever asks. */
import { Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { useFormat } from "./format";

export function TimeAgo({ at }: { at: string | null | undefined }) {
  const format = useFormat();
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 30_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) return <>–</>;
  const later = new Date(Math.max(now.getTime(), new Date(at).getTime()));
  return (
    <Tooltip label={format.dateTime(at)}>
      <time dateTime={at}>{format.ago(at, later)}</time>
    </Tooltip>
  );
}
