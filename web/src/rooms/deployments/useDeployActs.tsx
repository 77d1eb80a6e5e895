/* The two acts on a place, deploy and undo, with their dialogs and what became of them. */
import { Alert } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { DeployDialog } from "./DeployDialog";
import type { DeployChoice } from "./DeployFields";
import { type Deployment, versionName } from "./queries";
import { UndoDialog } from "./UndoDialog";
import { usePlaceName } from "./usePlaceName";

interface Undoing {
  deployment: Deployment;
  ofSite: Deployment | undefined;
}

interface Acts {
  deploy: (first?: Partial<DeployChoice>) => void;
  undo: (deployment: Deployment, ofSite: Deployment | undefined) => void;
  /** What answers now after the last act; nothing before it. */
  told: ReactNode;
  dialogs: ReactNode;
}

export function useDeployActs(): Acts {
  const { t } = useTranslation("deployments");
  const nameOf = usePlaceName();
  const [deploying, setDeploying] = useState<Partial<DeployChoice> | null>(null);
  const [undoing, setUndoing] = useState<Undoing | null>(null);
  const [now, setNow] = useState<Deployment | null>(null);
  return {
    deploy: (first = {}) => setDeploying(first),
    undo: (deployment, ofSite) => setUndoing({ deployment, ofSite }),
    told: now && (
      <Alert
        role="status"
        color="good"
        variant="light"
        icon={<IconCircleCheck aria-hidden />}
        title={t("done", { version: versionName(now.model_name, now.model_number), place: nameOf(now) })}
        withCloseButton
        closeButtonLabel={t("ui:action.close")}
        onClose={() => setNow(null)}
      />
    ),
    dialogs: (
      <>
        {deploying && (
          <DeployDialog first={deploying} onClose={() => setDeploying(null)} onDeployed={setNow} />
        )}
        <UndoDialog
          deployment={undoing?.deployment ?? null}
          ofSite={undoing?.ofSite}
          onClose={() => setUndoing(null)}
          onUndone={setNow}
        />
      </>
    ),
  };
}
