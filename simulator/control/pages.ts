import type { ControlHandler } from "./handler";
import { json } from "../http/reply";

const later: ControlHandler = () => json(501, {});
export const homePage = later;
export const mailboxPage = later;
export const messagePage = later;
export const messageBody = later;
export const messageFile = later;
