/* Ends an import; says what is lost and what stays. */
import { useTranslation } from "react-i18next";
import { ConfirmDestroy } from "@/ui/ConfirmDestroy";
import { useFormat } from "@/ui/format";
import { type Import, useImportAct } from "./queries";
import { forgetUpload, stopUpload } from "./uploads";

export function EndImport({ one, opened, onClose }: { one: Import; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation("imports");
  const format = useFormat();
  const act = useImportAct(one.id);
  const end = () => {
    stopUpload(one.id);
    act.mutate(
      { act: "cancel" },
      {
        onSuccess: () => {
          forgetUpload(one.id);
          onClose();
        },
      },
    );
  };
  return (
    <ConfirmDestroy
      opened={opened}
      title={t("end.title", { name: one.name })}
      what={t("end.what", { count: one.files, number: format.integer(one.files), name: one.name })}
      action={t("end.action")}
      busy={act.isPending}
      error={act.error}
      onConfirm={end}
      onClose={onClose}
    />
  );
}
