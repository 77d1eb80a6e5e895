/* The claims of a site, the worst first, each with where it stands. */
import { Stack } from "@mantine/core";
import { IconCertificate } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Answer } from "@/ui/Answer";
import { EmptyState } from "@/ui/EmptyState";
import { Section } from "@/ui/Section";
import { CertificateCard } from "./CertificateCard";
import { claimsQuery } from "./queries";

export function Certificates({ site }: { site: string }) {
  const { t } = useTranslation("performance");
  const claims = useQuery(claimsQuery(site));
  return (
    <Section title={t("certificates.title")} about={t("certificates.about")}>
      <Answer query={claims} rows={3}>
        {(items) =>
          items.length ? (
            <Stack gap="xl">
              {items.map((one) => (
                <CertificateCard key={one.id} certificate={one} />
              ))}
            </Stack>
          ) : (
            <EmptyState
              icon={IconCertificate}
              title={t("certificates.none.title")}
              text={t("certificates.none.text")}
            />
          )
        }
      </Answer>
    </Section>
  );
}
