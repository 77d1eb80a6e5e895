/* To the image before and after, by button and by key. */
import { ActionIcon, Group, Text, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import type { Neighbour, Neighbours } from "./useNeighbours";

interface Props {
  neighbours: Neighbours;
  onGo: (to: Neighbour) => void;
}

const TAKES_KEYS = "input, textarea, select, [role=slider], [role=application], [role=menu], [role=dialog]";

const AHEAD_AFTER_MS = 400;

export function ImageNavigation({ neighbours, onGo }: Props) {
  const { t } = useTranslation("images");
  const format = useFormat();
  const { previous, next, at, total } = neighbours;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const taken = event.target instanceof Element && event.target.closest(TAKES_KEYS);
      if (taken && !(event.key.toLowerCase() === "j" || event.key.toLowerCase() === "k")) return;
      if (event.target instanceof HTMLInputElement && event.target.type !== "radio") return;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const forward = ["j", "J", "ArrowRight"].includes(event.key);
      const back = ["k", "K", "ArrowLeft"].includes(event.key);
      if (!forward && !back) return;
      const to = forward ? next : previous;
      if (!to) return;
      event.preventDefault();
      onGo(to);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [previous, next, onGo]);
  useEffect(() => (next ? fetchAhead(next.id) : undefined), [next]);
  if (at === null) return null;
  return (
    <Group gap={4} wrap="nowrap" component="nav" aria-label={t("image.navigation")}>
      <Tooltip label={t("image.previous")}>
        <ActionIcon
          variant="default"
          aria-label={t("image.previous")}
          disabled={!previous}
          onClick={() => previous && onGo(previous)}
        >
          <IconChevronLeft size={22} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <Text className="tabular" px={6} style={{ whiteSpace: "nowrap" }}>
        {t("image.place", { place: format.integer(at + 1), total: format.integer(total) })}
      </Text>
      <Tooltip label={t("image.next")}>
        <ActionIcon
          variant="default"
          aria-label={t("image.next")}
          disabled={!next}
          onClick={() => next && onGo(next)}
        >
          <IconChevronRight size={22} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

/** Fetch an image before it is asked for, when the line has been free for a moment. */
function fetchAhead(image: string): () => void {
  const ends = new AbortController();
  const load = async () => {
    const answer = await fetch(`/api/v1/images/${image}/bytes`, { signal: ends.signal, priority: "low" });
    await answer.blob();
  };
  const timer = setTimeout(() => void load().catch(() => undefined), AHEAD_AFTER_MS);
  return () => {
    clearTimeout(timer);
    ends.abort();
  };
}
