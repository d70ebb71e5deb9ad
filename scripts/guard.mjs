/**
 * Stands beside the parts for the case that the supervisor is killed: PostgreSQL, Azurite and the portal know
 * nothing of it and would stay. Reads from the run file who they are, asks them to stop and then makes sure.
 */
import { readFileSync } from "node:fs";
import { birthOf } from "./supervisor/births.mjs";

const [supervisor, runFile] = process.argv.slice(2);
const askedEveryMs = 500;
const workersHaveMs = 4_000;
const allHaveMs = 8_000;

const timer = setInterval(() => {
  if (process.ppid === Number(supervisor)) return;
  clearInterval(timer);
  stopAll(partsOf(runFile)).finally(() => process.exit(0));
}, askedEveryMs);

async function stopAll(parts) {
  const began = Date.now();
  const isDatabase = ({ name }) => name === "postgres";
  const others = parts.filter((part) => !isDatabase(part));
  others.forEach(({ pid }) => send(pid, "SIGTERM"));
  await until(() => !others.some(isRunning) || Date.now() - began > workersHaveMs);
  parts.filter(isDatabase).forEach(({ pid }) => send(pid, "SIGINT"));
  await until(() => !parts.some(isRunning) || Date.now() - began > allHaveMs);
  parts.filter(isRunning).forEach(({ pid }) => send(-pid, "SIGKILL"));
}

function partsOf(path) {
  try {
    return Object.entries(JSON.parse(readFileSync(path, "utf8")))
      .map(([name, { pid, birth }]) => ({ name, pid, birth }))
      .filter(({ name, pid, birth }) => name !== "supervisor" && birthOf(pid) === birth);
  } catch {
    return [];
  }
}

function isRunning({ pid, birth }) {
  return birthOf(pid) === birth;
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It was quicker.
  }
}

async function until(holds) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 100));
}
