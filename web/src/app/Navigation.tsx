/* The rooms in the order of the loop. What a person may not read is not shown. */
import { ScrollArea } from "@mantine/core";
import {
  IconActivity,
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
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useSession } from "./session";
import classes from "./Shell.module.css";

const GROUPS = [
  {
    name: "watch",
    links: [
      { to: "/sites", word: "sites", icon: IconBuildingFactory2, permission: "sites:read" },
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
              </Link>
            ))}
          </div>
        );
      })}
    </ScrollArea>
  );
}
