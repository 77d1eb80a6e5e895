/* Chooses the evaluation of another model on the same images, to compare with. */
import { Button, Menu } from "@mantine/core";
import { IconScale } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type Evaluation, useEvaluations } from "./queries";

export function ChallengerPicker({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation("evaluation");
  const others = (useEvaluations({ dataset_version: evaluation.dataset_version_id }).data ?? []).filter(
    (one) => one.id !== evaluation.id && one.split === evaluation.split && one.state === "succeeded",
  );
  if (!others.length || evaluation.state !== "succeeded") return null;
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconScale size={18} aria-hidden />}>
          {t("compare.open")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: "auto" }}>
        <Menu.Label>{t("compare.with")}</Menu.Label>
        {others.map((other) => {
          const [champion, challenger] =
            other.model_number < evaluation.model_number ? [other, evaluation] : [evaluation, other];
          return (
            <Menu.Item
              key={other.id}
              component={Link}
              to={`/evaluations/${champion.id}/compare/${challenger.id}`}
            >
              {other.model_name}:{other.model_number}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
