/* A short tone when a piece fails. Off until somebody turns it on: browsers only let a person start sound. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { LiveInspection } from "./live";

const TONE_HZ = 440;
const TONE_S = 0.35;
const LOUDNESS = 0.25;

function play(context: AudioContext): void {
  const tone = context.createOscillator();
  const volume = context.createGain();
  const now = context.currentTime;
  tone.frequency.value = TONE_HZ;
  volume.gain.setValueAtTime(LOUDNESS, now);
  volume.gain.exponentialRampToValueAtTime(0.001, now + TONE_S);
  tone.connect(volume).connect(context.destination);
  tone.start(now);
  tone.stop(now + TONE_S);
}

export function useAlarmTone(last: LiveInspection | null): { on: boolean; toggle: () => void } {
  const context = useRef<AudioContext>(undefined);
  const [on, setOn] = useState(false);
  const heard = useRef(last?.id);
  const toggle = useCallback(() => setOn((before) => !before), []);
  useEffect(() => {
    if (!on) return;
    context.current ??= new AudioContext();
    void context.current.resume().then(() => context.current && play(context.current));
  }, [on]);
  useEffect(() => {
    if (!last || heard.current === last.id) return;
    heard.current = last.id;
    if (on && last.decision === "fail" && context.current) play(context.current);
  }, [last, on]);
  useEffect(() => () => void context.current?.close(), []);
  return { on, toggle };
}
