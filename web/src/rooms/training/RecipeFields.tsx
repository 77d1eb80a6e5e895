/* The recipe and its main settings; everything else is written by hand, one setting a line. */
import {
  Alert,
  Group,
  Input,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Text,
  Textarea,
} from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { type Choices, recipeForm } from "./recipes";

interface Props {
  recipes: string[];
  recipe: string;
  onRecipe: (recipe: string) => void;
  choices: Choices;
  onChoices: (choices: Choices) => void;
  /** Whether a trainer that is there can run the recipe. */
  served: boolean;
  wrongLine: string | undefined;
}

export function RecipeFields({ recipes, recipe, onRecipe, choices, onChoices, served, wrongLine }: Props) {
  const { t } = useTranslation("training");
  const form = recipeForm(recipe);
  const budget = form.budget[choices.preset];
  const change = (some: Partial<Choices>) => onChoices({ ...choices, ...some });
  return (
    <Stack>
      <Select
        label={t("start.recipe")}
        description={t(`recipe.${recipe}`, { defaultValue: t("recipe.other") })}
        required
        allowDeselect={false}
        data={recipes}
        value={recipe}
        onChange={(next) => next && onRecipe(next)}
      />
      {!served && (
        <Alert color="info" variant="light" icon={<IconInfoCircle aria-hidden />}>
          <Text c="var(--p-text)">{t("start.unserved", { recipe })}</Text>
        </Alert>
      )}
      <Group gap="sm" align="flex-end" grow preventGrowOverflow={false}>
        {form.presets.length > 0 && (
          <Choice
            label={t("start.preset")}
            values={form.presets.map((preset) => ({ value: preset, label: t(`preset.${preset}`) }))}
            value={choices.preset}
            onChange={(preset) => change({ preset, minutes: null })}
          />
        )}
        {budget && (
          <NumberInput
            label={t(`start.${budget.field}`)}
            min={0.1}
            max={100000}
            decimalScale={1}
            value={choices.minutes ?? ""}
            onChange={(minutes) => change({ minutes: Number(minutes) || null })}
          />
        )}
      </Group>
      {form.reference && (
        <Choice
          label={t("start.reference")}
          values={["auto", "use", "ignore"].map((value) => ({ value, label: t(`reference.${value}`) }))}
          value={choices.reference}
          onChange={(reference) => change({ reference })}
        />
      )}
      {form.modes && (
        <Choice
          label={t("start.mode")}
          values={form.modes.map((value) => ({ value, label: t(`mode.${value}`) }))}
          value={choices.mode}
          onChange={(mode) => change({ mode })}
        />
      )}
      <Textarea
        label={t("start.further")}
        description={t("start.furtherAbout")}
        placeholder="batch_size = 8"
        autosize
        minRows={2}
        maxRows={8}
        error={wrongLine === undefined ? undefined : t("start.wrongLine", { line: wrongLine })}
        value={choices.further}
        onChange={(event) => change({ further: event.currentTarget.value })}
      />
    </Stack>
  );
}

interface ChoiceProps {
  label: string;
  values: { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
}

function Choice({ label, values, value, onChange }: ChoiceProps) {
  return (
    <Input.Wrapper label={label} labelElement="div" size="md">
      <SegmentedControl fullWidth aria-label={label} data={values} value={value} onChange={onChange} />
    </Input.Wrapper>
  );
}
