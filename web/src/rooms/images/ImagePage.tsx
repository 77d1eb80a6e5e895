/* One image: large, with what truth and models say of it, where it comes from and where it was used. */
import { Button, Group } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/app/session";
import { Answer } from "@/ui/Answer";
import { PageHeader } from "@/ui/PageHeader";
import { useParam, useSearchValues } from "@/ui/params";
import { addressOf, type Filters, filtersOf, searchOf } from "./gallery/filters";
import { CaptureFacts, FileFacts } from "./image/ImageFacts";
import { ImageNavigation } from "./image/ImageNavigation";
import { ImageStage } from "./image/ImageStage";
import { LineageList } from "./image/LineageList";
import { Measured } from "./image/Measured";
import { PredictionList } from "./image/PredictionList";
import { TruthHistory } from "./image/TruthHistory";
import { imageQuery, type Truth, usePredictions, useTruths } from "./image/useImage";
import { type Neighbour, useNeighbours } from "./image/useNeighbours";
import { WhyThisAnswer } from "./image/WhyThisAnswer";
import classes from "./ImagePage.module.css";

const NO_TRUTH: Truth[] = [];

export function ImagePage() {
  const { t } = useTranslation("images");
  const id = useParam("image");
  const navigate = useNavigate();
  const [values] = useSearchValues();
  const key = JSON.stringify(filtersOf(values));
  const filters = useMemo(() => JSON.parse(key) as Filters, [key]);
  const given = values.at === undefined ? null : Number(values.at);
  const neighbours = useNeighbours(id, filters, given);
  const image = useQuery(imageQuery(id));
  const may = {
    truth: useMay("truth:read"),
    predictions: useMay("predictions:read"),
    lineage: useMay("datasets:read"),
    why: useMay("performance:read"),
    watch: useMay("monitoring:read"),
  };
  const truths = useTruths(id, may.truth);
  const predictions = usePredictions(id, may.predictions);
  const [chosen, setChosen] = useState<{ image: string; prediction: string } | null>(null);
  const drawn = chosen?.image === id ? chosen.prediction : (predictions.data?.items[0]?.id ?? "");
  const prediction = predictions.data?.items.find((one) => one.id === drawn);

  const go = useCallback(
    (to: Neighbour) =>
      void navigate({
        to: "/images/$image",
        params: { image: to.id },
        search: searchOf(filters, to.at),
        replace: true,
      } as never),
    [navigate, filters],
  );
  const gallery = addressOf("/images", filters, neighbours.at ?? undefined);
  const trail = [{ to: gallery, label: t("gallery.title") }];
  return (
    <>
      <PageHeader title={image.data?.file_name ?? image.data?.external_id ?? t("image.title")} trail={trail}>
        <Group gap="sm">
          <ImageNavigation neighbours={neighbours} onGo={go} />
          <Button
            component="a"
            variant="default"
            href={`/api/v1/images/${id}/bytes`}
            download
            leftSection={<IconDownload size={20} aria-hidden />}
          >
            {t("image.download")}
          </Button>
        </Group>
      </PageHeader>
      <Answer query={image}>
        {(known) => (
          <div className={classes.page}>
            <div className={`surface ${classes.stage}`}>
              <ImageStage image={known} truths={truths.data?.items ?? NO_TRUTH} prediction={prediction} />
            </div>
            <div className={classes.panel}>
              {may.predictions && (
                <PredictionList
                  query={predictions}
                  drawn={drawn}
                  onDraw={(one) => setChosen({ image: id, prediction: one })}
                />
              )}
              {may.why && prediction && <WhyThisAnswer image={id} model={prediction.model.id} />}
              {may.truth && <TruthHistory query={truths} />}
              {may.watch && <Measured image={id} site={known.site} />}
              <CaptureFacts image={known} />
              {may.lineage && <LineageList image={id} />}
              <FileFacts image={known} />
            </div>
          </div>
        )}
      </Answer>
    </>
  );
}
