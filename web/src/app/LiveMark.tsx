/* Tells in a word whether changes arrive by themselves. */
import { Text, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconAntennaBars1, IconAntennaBars5, IconPlugConnectedX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { type LiveStream, useLiveState } from "./live";
import classes from "./Shell.module.css";

export function LiveMark({ stream }: { stream: LiveStream }) {
  const { t } = useTranslation();
  const state = useLiveState(stream);
  const Icon = state === "live" ? IconAntennaBars5 : state === "lost" ? IconPlugConnectedX : IconAntennaBars1;
  return (
    <Tooltip label={t(`live.${state}.about`)} multiline maw={280}>
      <span className={classes.live} data-state={state} role="status">
        <Icon size={18} aria-hidden />
        <Text span inherit visibleFrom="sm">
          {t(`live.${state}.word`)}
        </Text>
        <VisuallyHidden hiddenFrom="sm">{t(`live.${state}.word`)}</VisuallyHidden>
      </span>
    </Tooltip>
  );
}
