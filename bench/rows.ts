/** All rows, in the order in which they are measured. */
import type { Row } from "./row";
import { delivered, deliveredLarge } from "./rows/delivered";
import { latency, workers } from "./rows/latency";
import { limits, limitsReal } from "./rows/limits";
import { mapping } from "./rows/mapping";
import { mappingBrowser } from "./rows/mapping-browser";
import { attachments, memory } from "./rows/memory";
import { rate } from "./rows/rate";
import { recording } from "./rows/recording";
import { requests } from "./rows/requests";
import { resume } from "./rows/resume";

export const allRows: readonly Row[] = [
  ...[rate, latency, workers, limits, limitsReal],
  ...[memory, attachments, recording, delivered, deliveredLarge],
  ...[mapping, mappingBrowser, resume, requests],
];
