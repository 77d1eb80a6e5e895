/* The model card, as its recipe wrote it; text only. Its own title is left out: the page has one. */
import { Code, List, Stack, Text, Title, type TitleOrder } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Block, readBlocks, readSpans } from "./markdown";

export function CardText({ text }: { text: string }) {
  const { t } = useTranslation("models");
  const blocks = readBlocks(text).filter((block, index) => index > 0 || block.kind !== "heading");
  if (!blocks.length) return <Text c="dimmed">{t("card.none")}</Text>;
  return (
    <Stack gap="xs" lang="en">
      {blocks.map((block, index) => (
        <BlockText key={index} block={block} />
      ))}
    </Stack>
  );
}

function BlockText({ block }: { block: Block }) {
  if (block.kind === "heading") {
    return (
      <Title order={Math.min(6, Math.max(3, block.level + 1)) as TitleOrder} fz="md" mt="xs">
        {block.text}
      </Title>
    );
  }
  if (block.kind === "list") {
    return (
      <List>
        {block.items.map((item) => (
          <List.Item key={item}>
            <Spans text={item} />
          </List.Item>
        ))}
      </List>
    );
  }
  return (
    <Text>
      <Spans text={block.text} />
    </Text>
  );
}

function Spans({ text }: { text: string }) {
  return readSpans(text).map(({ kind, text: part }, index) => {
    if (kind === "strong") return <b key={index}>{part}</b>;
    if (kind === "code") return <Code key={index}>{part}</Code>;
    return <span key={index}>{part}</span>;
  });
}
