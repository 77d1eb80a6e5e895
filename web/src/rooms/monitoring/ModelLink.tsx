/* The version that a stream belongs to, by name. */
import { Link } from "@tanstack/react-router";

export function ModelLink({ id, name }: { id: string | null | undefined; name: string | null | undefined }) {
  if (!name) return <>–</>;
  return id ? <Link to={`/models/${id}` as string}>{name}</Link> : <>{name}</>;
}
