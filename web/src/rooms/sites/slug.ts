/* The short name that addresses and commands use, made from the name that people use. */
export const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;

export function slugOf(name: string): string {
  return name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 80)
    .replace(/-$/, "");
}
