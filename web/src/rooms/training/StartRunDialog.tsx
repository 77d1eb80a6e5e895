/* Starts a run: on which version, by which recipe, for how long, from which weights. */
import { TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { DatasetVersionSelect } from "@/rooms/datasets/DatasetVersionSelect";
import { versionQuery } from "@/rooms/datasets/queries";
import { ModelSelect } from "@/rooms/models/ModelSelect";
import { FormDialog } from "@/ui/FormDialog";
import { RecipeFields } from "./RecipeFields";
import { trainersQuery } from "./queries";
import { badLine, type Choices, recipeForm, recipesFor, toConfig } from "./recipes";

interface Props {
  /** The dataset version that is proposed. */
  version?: string;
  onClose: () => void;
}

const NO_CHOICES: Choices = { preset: "", minutes: null, reference: "auto", mode: "finetune", further: "" };

export function StartRunDialog({ version: proposed, onClose }: Props) {
  const { t } = useTranslation("training");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [versionId, setVersionId] = useState<string | null>(proposed ?? null);
  const [base, setBase] = useState<string | null>(null);
  const [name, setName] = useState("");
  const [given, setRecipe] = useState<string | null>(null);
  const [choices, setChoices] = useState<Choices>(NO_CHOICES);
  const version = useQuery({ ...versionQuery(versionId ?? ""), enabled: Boolean(versionId) }).data;
  const trainers = useQuery(trainersQuery).data?.items ?? [];
  const offered = [...new Set(trainers.flatMap((trainer) => trainer.recipes))];
  const recipes = recipesFor(version?.problem, offered);
  const recipe = given && recipes.includes(given) ? given : (recipes[0] ?? "");
  const full = withDefaults(recipe, choices);
  const start = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/runs", {
          body: {
            dataset_version: versionId ?? "",
            recipe,
            config: toConfig(recipeForm(recipe), full),
            base_model: base,
            name: name.trim() || null,
            seed: 7,
          },
        }),
      ),
    onSuccess: (run) => {
      void queries.invalidateQueries({ queryKey: ["runs"] });
      void navigate({ to: `/runs/${run.id}` });
    },
  });
  const wrong = badLine(full.further);
  return (
    <FormDialog
      title={t("start.title")}
      size="lg"
      onClose={onClose}
      onSubmit={() => start.mutate()}
      action={t("start.submit")}
      busy={start.isPending}
      disabled={!versionId || !recipe || Boolean(wrong)}
      error={start.error}
    >
      <DatasetVersionSelect value={versionId} onChange={(chosen) => setVersionId(chosen?.id ?? null)} />
      <RecipeFields
        recipes={recipes}
        recipe={recipe}
        onRecipe={(next) => {
          setRecipe(next);
          setChoices(NO_CHOICES);
        }}
        choices={full}
        onChoices={setChoices}
        served={offered.includes(recipe)}
        wrongLine={wrong}
      />
      <ModelSelect
        label={t("start.base")}
        description={t("start.baseAbout")}
        value={base}
        onChange={(model) => setBase(model?.id ?? null)}
        problem={version?.problem}
      />
      <TextInput
        label={t("start.name")}
        description={t("start.nameAbout")}
        placeholder={version?.dataset}
        maxLength={120}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function withDefaults(recipe: string, choices: Choices): Choices {
  const form = recipeForm(recipe);
  const preset = choices.preset || (form.presets[0] ?? "");
  return { ...choices, preset, minutes: choices.minutes ?? form.budget[preset]?.minutes ?? null };
}
