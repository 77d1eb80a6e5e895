/* Registers a station's golden part: by one of its newest pictures, or by the part id that captures will carry. */
import { Code, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { DialogActions } from "@/ui/DialogActions";
import { onePerPart, type Pictured, partPicturesQuery, useGoldenPart } from "./golden";
import classes from "./monitoring.module.css";

interface Props {
  site: string;
  station: string;
  name: string;
  onClose: () => void;
}

const MOST = 8;

export function GoldenPartDialog({ site, station, name, onClose }: Props) {
  const { t } = useTranslation("monitoring");
  const seesImages = useMay("images:read");
  const pictures = useQuery({ ...partPicturesQuery(site, station), enabled: seesImages });
  const [part, setPart] = useState("");
  const [called, setCalled] = useState("");
  const change = useGoldenPart(site, station);
  const wanted = part.trim();
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={t("golden.of", { station: name })}
      closeButtonProps={{ "aria-label": t("ui:action.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ part_id: wanted, name: called.trim() }, { onSuccess: onClose });
        }}
      >
        <Stack>
          <Text>{t("golden.dialogAbout")}</Text>
          <Choice images={onePerPart(pictures.data ?? [], MOST)} value={wanted} onChange={setPart} />
          <TextInput
            label={t("golden.partId")}
            description={t("golden.partIdAbout")}
            value={part}
            onChange={(event) => setPart(event.currentTarget.value)}
            required
            maxLength={200}
            data-autofocus
          />
          <TextInput
            label={t("golden.name")}
            description={t("golden.nameAbout")}
            value={called}
            onChange={(event) => setCalled(event.currentTarget.value)}
            maxLength={200}
          />
          <div>
            <Text fz="sm" c="dimmed">
              {t("golden.send")}
            </Text>
            <Code block>
              {`perenne images push gold.png --site ${site} --station ${station} --part ${wanted || "GOLD-1"}`}
            </Code>
          </div>
          <DialogActions
            action={t("golden.register")}
            busy={change.isPending}
            disabled={!wanted}
            error={change.error}
            onClose={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

interface ChoiceProps {
  images: Pictured[];
  value: string;
  onChange: (part: string) => void;
}

function Choice({ images, value, onChange }: ChoiceProps) {
  const { t } = useTranslation("monitoring");
  if (images.length === 0) return <Text c="dimmed">{t("golden.noPictures")}</Text>;
  return (
    <fieldset className={classes.parts}>
      <legend>{t("golden.choose")}</legend>
      {images.map(({ id, part_id: part }) => (
        <label key={id} data-chosen={part === value}>
          <input
            type="radio"
            name="golden"
            value={part ?? ""}
            checked={part === value}
            onChange={() => onChange(part ?? "")}
          />
          <img src={`/api/v1/images/${id}/thumbnail`} alt="" />
          <span>{part}</span>
        </label>
      ))}
    </fieldset>
  );
}
