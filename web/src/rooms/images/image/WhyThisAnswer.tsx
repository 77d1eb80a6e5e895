/* Why the model answered so: where the answer falls when the image is covered, and what looked alike. */
import { Button, Stack, Text } from "@mantine/core";
import { IconFocusCentered } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { useFormat } from "@/ui/format";
import { Section } from "@/ui/Section";
import { AlikeImages } from "./AlikeImages";
import { SensitivityMap } from "./SensitivityMap";
import { sensitivityQuery } from "./useImage";

export function WhyThisAnswer({ image, model }: { image: string; model: string }) {
  const { t } = useTranslation("images");
  const [asked, setAsked] = useState("");
  const key = `${image} ${model}`;
  return (
    <Section title={t("why.title")} about={t("why.about")}>
      <Stack>
        {asked === key ? (
          <Computed image={image} model={model} />
        ) : (
          <Button
            variant="default"
            leftSection={<IconFocusCentered size={20} aria-hidden />}
            onClick={() => setAsked(key)}
          >
            {t("why.ask")}
          </Button>
        )}
        <AlikeImages image={image} model={model} />
      </Stack>
    </Section>
  );
}

function Computed({ image, model }: { image: string; model: string }) {
  const { t } = useTranslation("images");
  const format = useFormat();
  const sensitivity = useQuery(sensitivityQuery(image, model));
  return (
    <Answer query={sensitivity} rows={4}>
      {(found) => (
        <Stack gap={6}>
          {found.flat ? <Text>{t("why.flat")}</Text> : <SensitivityMap sensitivity={found} />}
          <Text fz="sm" c="dimmed">
            {t("why.told", {
              model: `${found.model.name}:${found.model.number}`,
              answer: found.answer,
              score: format.number(found.score, 3),
              seconds: format.number(found.ms / 1000, 1),
            })}
          </Text>
        </Stack>
      )}
    </Answer>
  );
}
