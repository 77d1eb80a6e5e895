/* Two rows of small images beside each other: typical ones of one side and of the other. */
import { Stack, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "./monitoring.module.css";

export function BesidePictures({ sides }: { sides: { name: string; ids: string[] }[] }) {
  const { t } = useTranslation("monitoring");
  return (
    <div className={classes.beside}>
      {sides.map(({ name, ids }) => (
        <Stack key={name} gap={6}>
          <Title order={3} fz="md">
            {name}
          </Title>
          <ul className={classes.pictures}>
            {ids.map((id, place) => (
              <li key={id}>
                <Link to={`/images/${id}` as string}>
                  <img
                    src={`/api/v1/images/${id}/thumbnail`}
                    alt={t("images.alt", { number: place + 1, kind: name })}
                    loading="lazy"
                  />
                </Link>
              </li>
            ))}
          </ul>
        </Stack>
      ))}
    </div>
  );
}
