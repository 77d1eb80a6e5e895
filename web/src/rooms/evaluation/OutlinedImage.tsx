/* A small picture with boxes over it: solid lines for what a label says, dashed lines for what a model says. */
import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";
import type { Shape } from "@/editor/shapes/shape";
import classes from "./WorstImages.module.css";

interface Props {
  image: string;
  shapes: Shape[];
  alt: string;
}

export function OutlinedImage({ image, shapes, alt }: Props) {
  const known = useQuery({
    queryKey: ["images", image],
    staleTime: Infinity,
    enabled: shapes.length > 0,
    queryFn: ({ signal }) => body(api.GET("/api/v1/images/{image}", { params: { path: { image } }, signal })),
  }).data;
  return (
    <div className={classes.picture}>
      <img src={`/api/v1/images/${image}/thumbnail`} alt={alt} loading="lazy" />
      {known && (
        <svg viewBox={`0 0 ${known.width} ${known.height}`} aria-hidden>
          {shapes.map((shape) => (
            <Outline key={shape.id} shape={shape} />
          ))}
        </svg>
      )}
    </div>
  );
}

function Outline({ shape: { x, y, width, height, layer } }: { shape: Shape }) {
  return (
    <>
      <rect x={x} y={y} width={width} height={height} className={classes.halo} />
      <rect x={x} y={y} width={width} height={height} className={classes[layer]} />
    </>
  );
}
