/* Makes a token and shows its secret this one time. */
import {
  Alert,
  Button,
  Code,
  CopyButton,
  Group,
  Modal,
  NumberInput,
  Select,
  Stack,
  TextInput,
} from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { useSession } from "@/app/session";
import { DialogActions } from "@/ui/DialogActions";

const ROLES = ["edge", "trainer", "operator", "ml-engineer", "site-manager", "auditor"];
const LONGEST_DAYS = 365;

export function NewToken({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const { role: own } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [days, setDays] = useState<number | string>(90);
  const [role, setRole] = useState<string>(own);
  const make = useMutation({
    mutationFn: () => body(api.POST("/api/v1/tokens", { body: { name, days: Number(days), role } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["users", "tokens"] }),
  });
  const close = () => {
    onClose();
    make.reset();
    setName("");
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const roles = [...new Set([own, ...ROLES])].map((value) => ({ value, label: t(`ui:role.${value}`) }));
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t("tokens.add")}
      closeButtonProps={{ "aria-label": t("ui:action.close") }}
    >
      {make.data ? (
        <Stack>
          <Alert color="warn" title={t("tokens.once")}>
            {t("tokens.onceText")}
          </Alert>
          <Code block style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
            {make.data.secret}
          </Code>
          <Group justify="flex-end">
            <CopyButton value={make.data.secret}>
              {({ copied, copy }) => (
                <Button
                  variant="default"
                  onClick={copy}
                  leftSection={
                    copied ? <IconCheck size={18} aria-hidden /> : <IconCopy size={18} aria-hidden />
                  }
                >
                  {copied ? t("ui:action.copied") : t("ui:action.copy")}
                </Button>
              )}
            </CopyButton>
            <Button onClick={close}>{t("tokens.kept")}</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label={t("field.name")}
              description={t("tokens.nameHint")}
              required
              data-autofocus
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Select
              label={t("field.role")}
              description={t("tokens.roleHint")}
              data={roles}
              value={role}
              allowDeselect={false}
              onChange={(value) => value && setRole(value)}
            />
            <NumberInput
              label={t("tokens.days")}
              min={1}
              max={LONGEST_DAYS}
              value={days}
              onChange={setDays}
            />
            <DialogActions
              action={t("tokens.add")}
              busy={make.isPending}
              error={make.error}
              onClose={close}
            />
          </Stack>
        </form>
      )}
    </Modal>
  );
}
