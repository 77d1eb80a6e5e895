/* A model version by its name: a link for who may see models, plain words for the others. */
import { Anchor, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMay } from "@/app/session";
import { versionName } from "./queries";

interface Props {
  id: string;
  name: string;
  number: number;
  className?: string;
  strong?: boolean;
}

export function ModelName({ id, name, number, className, strong }: Props) {
  const maySee = useMay("models:read");
  const shown = versionName(name, number);
  const look = { ...(className ? { className } : {}), ...(strong ? { fw: 600 } : {}) };
  if (!maySee)
    return (
      <Text span {...look}>
        {shown}
      </Text>
    );
  return (
    <Anchor component={Link} to={`/models/${id}`} {...look}>
      {shown}
    </Anchor>
  );
}
