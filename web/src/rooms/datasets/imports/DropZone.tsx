/* Where folders and archives are dropped; by keyboard they are chosen. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { IconFileZip, IconFolder, IconUpload } from "@tabler/icons-react";
import { type DragEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "@/ui/ProblemAlert";
import classes from "./imports.module.css";
import { ACCEPTED, type Found, type RawFile, readChosen, readDropped, sift } from "./scan";

interface Props {
  title: string;
  onFound: (found: Found) => void;
}

export function DropZone({ title, onFound }: Props) {
  const { t } = useTranslation("imports");
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [reading, setReading] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const take = async (files: Promise<RawFile[]> | RawFile[]) => {
    setReading(true);
    setError(null);
    try {
      onFound(await sift(await files));
    } catch (failure) {
      setError(failure);
    }
    setReading(false);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(readDropped(event.dataTransfer));
  };
  const choose = (input: HTMLInputElement) => {
    if (input.files?.length) void take(readChosen(input.files));
    input.value = "";
  };
  return (
    <div
      className={classes.drop}
      data-testid="drop-zone"
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Stack align="center" gap="sm">
        <IconUpload size={40} stroke={1.4} aria-hidden color="var(--p-muted)" />
        <Text fw={600} ta="center">
          {reading ? t("drop.reading") : title}
        </Text>
        <Text c="dimmed" ta="center" maw={560}>
          {t("drop.formats")}
        </Text>
        <Group justify="center" gap="sm">
          <Button
            variant="default"
            loading={reading}
            leftSection={<IconFolder size={20} aria-hidden />}
            onClick={() => folder.current?.click()}
          >
            {t("drop.folder")}
          </Button>
          <Button
            variant="default"
            loading={reading}
            leftSection={<IconFileZip size={20} aria-hidden />}
            onClick={() => files.current?.click()}
          >
            {t("drop.files")}
          </Button>
        </Group>
        {error !== null && <ProblemAlert error={error} />}
      </Stack>
      <input
        ref={folder}
        type="file"
        hidden
        multiple
        aria-label={t("drop.folder")}
        {...{ webkitdirectory: "" }}
        onChange={(event) => choose(event.currentTarget)}
      />
      <input
        ref={files}
        type="file"
        hidden
        multiple
        accept={ACCEPTED}
        aria-label={t("drop.files")}
        onChange={(event) => choose(event.currentTarget)}
      />
    </div>
  );
}
