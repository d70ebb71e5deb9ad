import { json, noContent } from "../http/reply";
import type { ControlHandler } from "./handler";

export const getStats: ControlHandler = ({ stats, world }) =>
  json(200, { ...stats.report(), duplicates: world.mailboxes.duplicates() });

export const deleteStats: ControlHandler = ({ stats }) => {
  stats.clear();
  return noContent;
};
