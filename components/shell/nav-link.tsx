"use client";

import { ClipboardTaskListLtr20Regular } from "@fluentui/react-icons/svg/clipboard-task-list-ltr";
import { PlugConnected20Regular } from "@fluentui/react-icons/svg/plug-connected";
import Link from "next/link";
import { usePathname } from "next/navigation";
import styles from "./frame.module.css";

const icons = { connectors: PlugConnected20Regular, audit: ClipboardTaskListLtr20Regular };

type Props = {
  readonly href: string;
  readonly icon: keyof typeof icons;
  readonly children: string;
};

export function NavLink({ href, icon, children }: Props) {
  const path = usePathname();
  const Icon = icons[icon];
  const current = path === href ? "page" : path.startsWith(`${href}/`) ? "true" : undefined;
  return (
    <Link href={href} aria-current={current} className={styles.link}>
      <Icon aria-hidden="true" />
      {children}
    </Link>
  );
}
