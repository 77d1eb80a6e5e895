/* The rooms in the order of the loop. What a person may not read is not shown. */
import { Badge, ScrollArea } from "@mantine/core";
import {
  IconActivity,
  IconAlertTriangle,
  IconBuildingFactory2,
  IconChartBar,
  IconCpu,
  IconDatabase,
  IconInfoCircle,
  IconPhoto,
  IconPhotoPlus,
  IconRefresh,
  IconRocket,
  IconTimeline,
  IconUsers,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { openIncidentsQuery } from "@/rooms/monitoring/queries";
import { useSession } from "./session";
import classes from "./Shell.module.css";

const GROUPS = [
  {
    name: "watch",
    links: [
      { to: "/sites", word: "sites", icon: IconBuildingFactory2, permission: "sites:read" },
      { to: "/incidents", word: "incidents", icon: IconAlertTriangle, permission: "monitoring:read" },
      { to: "/turn", word: "turn", icon: IconRefresh, permission: "sites:read" },
    ],
  },
  {
    name: "data",
    links: [
      { to: "/images", word: "images", icon: IconPhoto, permission: "images:read" },
      { to: "/imports", word: "imports", icon: IconPhotoPlus, permission: "images:write" },
      { to: "/datasets", word: "datasets", icon: IconDatabase, permission: "datasets:read" },
    ],
  },
  {
    name: "models",
    links: [
      { to: "/runs", word: "runs", icon: IconTimeline, permission: "runs:read" },
      { to: "/models", word: "models", icon: IconCpu, permission: "models:read" },
      { to: "/evaluations", word: "evaluations", icon: IconChartBar, permission: "evaluations:read" },
      { to: "/deployments", word: "deployments", icon: IconRocket, permission: "deployments:read" },
    ],
  },
  {
    name: "hub",
    links: [
      { to: "/people", word: "people", icon: IconUsers, permission: "users:read" },
      { to: "/jobs", word: "jobs", icon: IconActivity, permission: "jobs:read" },
      { to: "/about", word: "about", icon: IconInfoCircle, permission: "accounts:self" },
    ],
  },
] as const;

export function Navigation() {
  const { t } = useTranslation();
  const { permissions } = useSession();
  return (
    <ScrollArea h="100%" pb="md">
      {GROUPS.map((group) => {
        const links = group.links.filter((link) => permissions.includes(link.permission));
        if (!links.length) return null;
        return (
          <div key={group.name} role="group" aria-labelledby={`nav-${group.name}`}>
            <div className={classes.group} id={`nav-${group.name}`}>
              {t(`nav.group.${group.name}`)}
            </div>
            {links.map(({ to, word, icon: Icon }) => (
              <Link key={to} to={to} className={classes.link}>
                <Icon size={20} stroke={1.7} aria-hidden />
                {t(`nav.${word}`)}
                {to === "/incidents" && <OpenIncidents />}
              </Link>
            ))}
          </div>
        );
      })}
    </ScrollArea>
  );
}

const MOST_TOLD = 99;

function OpenIncidents() {
  const { t } = useTranslation();
  const open = useQuery(openIncidentsQuery).data ?? 0;
  if (open === 0) return null;
  const shown = open > MOST_TOLD ? `${MOST_TOLD}+` : String(open);
  return (
    <Badge color="bad" variant="light" ml="auto" aria-label={t("nav.open", { count: open, shown })}>
      {shown}
    </Badge>
  );
}
