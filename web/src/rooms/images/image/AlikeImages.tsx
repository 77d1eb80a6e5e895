/* The images that looked most alike to the model, the nearest first, each with its truth. */
import { Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { alikeQuery } from "./useImage";
import classes from "./WhyThisAnswer.module.css";

export function AlikeImages({ image, model }: { image: string; model: string }) {
  const { t } = useTranslation("images");
  const alike = useQuery(alikeQuery(image, model));
  return (
    <Stack gap="xs">
      <Title order={3} fz="md">
        {t("why.alike")}
      </Title>
      <Answer query={alike} rows={2}>
        {({ items }) =>
          items.length ? (
            <ul className={classes.alike}>
              {items.map((one) => (
                <li key={one.image_id}>
                  <Link to={`/images/${one.image_id}`} className={classes.one}>
                    <img
                      src={`/api/v1/images/${one.image_id}/thumbnail`}
                      alt={t("why.alikeImage")}
                      loading="lazy"
                    />
                    <Text span fz="sm" truncate>
                      {one.truth ?? t("why.noTruth")}
                    </Text>
                  </Link>
                </li>
              ))}
            </ul>
          ) : (
            <Text c="dimmed">{t("why.noneAlike")}</Text>
          )
        }
      </Answer>
    </Stack>
  );
}
