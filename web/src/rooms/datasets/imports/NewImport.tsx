/* Begin an import: drop, say where the images come from, send. */
import { Anchor, Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useProducts, useStations } from "@/rooms/images/gallery/useChoices";
import { ProblemAlert } from "@/ui/ProblemAlert";
import { Section } from "@/ui/Section";
import { useSites } from "../useSites";
import { DropZone } from "./DropZone";
import { FoundSummary } from "./FoundSummary";
import classes from "./imports.module.css";
import { useCreateImport } from "./queries";
import type { Found } from "./scan";
import { startUpload } from "./uploads";

export function NewImport() {
  const { t } = useTranslation("imports");
  const navigate = useNavigate();
  const create = useCreateImport();
  const sites = useSites();
  const products = useProducts();
  const [found, setFound] = useState<Found | null>(null);
  const [name, setName] = useState("");
  const [site, setSite] = useState<string | null>(null);
  const [station, setStation] = useState<string | null>(null);
  const [product, setProduct] = useState<string | null>(null);
  const chosenSite = site ?? (sites.length === 1 ? (sites[0]?.value ?? null) : null);
  const stations = useStations(chosenSite ?? undefined);
  const count = found ? found.usable.length + found.archives.length : 0;

  const take = (brought: Found) => {
    setFound(brought);
    setName((before) => brought.name.slice(0, 200) || before);
  };
  const begin = async (event: FormEvent) => {
    event.preventDefault();
    if (!found || !chosenSite) return;
    const asked = { name: name.trim() || t("new.unnamed"), site: chosenSite, station, product };
    const made = await create.mutateAsync(asked).catch(() => null);
    if (!made) return;
    void startUpload(made.id, found);
    await navigate({ to: "/imports/$import", params: { import: made.id } } as never);
  };
  return (
    <Section title={t("new.title")} about={t("new.about")}>
      <Stack gap="md">
        <DropZone title={t("drop.title")} onFound={take} />
        {found && <FoundSummary found={found} />}
        {found && count > 0 && (
          <form onSubmit={(event) => void begin(event)}>
            <Stack gap="md">
              <div className={classes.fields}>
                <TextInput
                  label={t("new.name")}
                  value={name}
                  maxLength={200}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
                <Select
                  label={t("new.site")}
                  required
                  searchable={sites.length > 8}
                  data={sites}
                  value={chosenSite}
                  onChange={(value) => {
                    setSite(value);
                    setStation(null);
                  }}
                  description={
                    <Anchor component={Link} to="/sites" fz="sm">
                      {t("new.createSite")}
                    </Anchor>
                  }
                  inputWrapperOrder={["label", "input", "description", "error"]}
                />
                <Select
                  label={t("new.station")}
                  data={stations}
                  value={station}
                  clearable
                  disabled={!stations.length}
                  placeholder={t("new.none")}
                  onChange={setStation}
                />
                <Select
                  label={t("new.product")}
                  data={products}
                  value={product}
                  clearable
                  disabled={!products.length}
                  placeholder={t("new.none")}
                  onChange={setProduct}
                />
              </div>
              {create.error && <ProblemAlert error={create.error} />}
              <Group>
                <Button type="submit" loading={create.isPending} disabled={!chosenSite}>
                  {t("new.begin", { count })}
                </Button>
              </Group>
            </Stack>
          </form>
        )}
      </Stack>
    </Section>
  );
}
