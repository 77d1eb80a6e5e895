/* Small images in a grid, each a link to its page. */
import { Link } from "@tanstack/react-router";
import classes from "./Thumbnails.module.css";

interface Props {
  images: { id: string; caption: string; about?: string }[];
}

export function Thumbnails({ images }: Props) {
  return (
    <ul className={classes.grid}>
      {images.map(({ id, caption, about }) => (
        <li key={id}>
          <Link to={`/images/${id}`} className={classes.tile} title={about}>
            <img src={`/api/v1/images/${id}/thumbnail`} alt="" loading="lazy" />
            <span>{caption || id}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
