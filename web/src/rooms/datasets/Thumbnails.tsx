/* Small images in a grid, each a link to its page. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import classes from "./Thumbnails.module.css";

interface Props {
  images: { id: string; caption?: string; about?: string }[];
}

export function Thumbnails({ images }: Props) {
  const { t } = useTranslation("datasets");
  return (
    <ul className={classes.grid}>
      {images.map(({ id, caption, about }) => (
        <li key={id}>
          <Link to={`/images/${id}`} className={classes.tile} title={about}>
            <img
              src={`/api/v1/images/${id}/thumbnail`}
              alt={caption ? "" : t("items.image", { id })}
              loading="lazy"
            />
            {caption && <span>{caption}</span>}
          </Link>
        </li>
      ))}
    </ul>
  );
}
