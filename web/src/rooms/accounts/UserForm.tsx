/* Adds a user, or changes name, role, sites and password of one. */
import { Checkbox, MultiSelect, PasswordInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "@/api/client";
import { FormDialog } from "@/ui/FormDialog";
import { useSites } from "./sites";
import type { User } from "./Users";

const SHORTEST_PASSWORD = 12;

export function UserForm({ user, onClose }: { user: User | null; onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const queries = useQueryClient();
  const sites = useSites();
  const roles = useQuery({
    queryKey: ["users", "roles"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/roles", { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [email, setEmail] = useState("");
  const [name, setName] = useState(user?.name ?? "");
  const [role, setRole] = useState(user?.role ?? "annotator");
  const [everywhere, setEverywhere] = useState(user ? user.site_ids === null : true);
  const [chosen, setChosen] = useState<string[]>(user?.site_ids ?? []);
  const [password, setPassword] = useState("");
  const save = useMutation({
    mutationFn: () => {
      const limited = everywhere ? null : chosen;
      if (!user)
        return body(api.POST("/api/v1/users", { body: { email, name, password, role, sites: limited } }));
      const change = { name, role, sites: limited, all_sites: everywhere, ...(password ? { password } : {}) };
      return body(
        api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: user.id } }, body: change }),
      );
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["users"] });
      onClose();
    },
  });
  const options = (roles.data?.roles ?? [])
    .filter((row) => row.name !== "instance-admin")
    .map((row) => ({ value: row.name, label: t(`ui:role.${row.name}`, { defaultValue: row.name }) }));
  return (
    <FormDialog
      title={user ? t("users.changeTitle", { name: user.name }) : t("users.add")}
      action={user ? t("ui:action.save") : t("users.add")}
      busy={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={() => save.mutate()}
    >
      {!user && (
        <TextInput
          label={t("field.email")}
          type="email"
          required
          data-autofocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
      )}
      <TextInput
        label={t("field.name")}
        required
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={t("field.role")}
        description={t(`roleAbout.${role}`, { defaultValue: "" })}
        data={options}
        value={role}
        allowDeselect={false}
        onChange={(value) => value && setRole(value)}
      />
      <Checkbox
        label={t("users.allSites")}
        size="md"
        checked={everywhere}
        onChange={(event) => setEverywhere(event.currentTarget.checked)}
      />
      {!everywhere && (
        <MultiSelect
          label={t("field.sites")}
          size="md"
          searchable
          data={[...sites].map(([value, label]) => ({ value, label }))}
          value={chosen}
          onChange={setChosen}
        />
      )}
      <PasswordInput
        label={user ? t("users.newPassword") : t("field.password")}
        description={t("field.passwordRule", { count: SHORTEST_PASSWORD })}
        autoComplete="new-password"
        required={!user}
        minLength={SHORTEST_PASSWORD}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ "aria-label": t("field.showPassword") }}
      />
    </FormDialog>
  );
}
