/* A stage in a page: made when its element is there, gone with it, in the colours of the theme. */
import { useMantineColorScheme } from "@mantine/core";
import { type RefCallback, useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { readInk } from "./ink";
import { Stage, type StageState } from "./Stage";

export function useStage(): [RefCallback<HTMLElement>, Stage | null] {
  const [stage, setStage] = useState<Stage | null>(null);
  const { colorScheme } = useMantineColorScheme();
  const attach = useCallback((element: HTMLElement | null) => {
    if (!element) return;
    const made = new Stage(element);
    setStage(made);
    return () => {
      made.destroy();
      setStage(null);
    };
  }, []);
  useEffect(() => stage?.setInk(readInk()), [stage, colorScheme]);
  return [attach, stage];
}

const silent = () => () => undefined;

/** Return the part of the stage's state that `select` takes; it must be a plain value or a stable object. */
export function useStageState<T>(stage: Stage | null, select: (state: StageState) => T, initial: T): T {
  return useSyncExternalStore(stage?.subscribe ?? silent, () => (stage ? select(stage.state) : initial));
}
