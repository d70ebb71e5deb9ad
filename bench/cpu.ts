/** Which process kept the machine busy. */
import type { ChildProcess } from "node:child_process";
import { cpuSeconds } from "./processes";
import type { Services } from "./services";

/** `told`: of each process its share of one core, and milliseconds of it a message. */
export function startCpu(
  { pids }: Services,
  workers: readonly ChildProcess[],
  own: Readonly<Record<string, number>> = {},
): { told(messages: number): string } {
  const watched = [
    ...Object.entries(pids),
    ...Object.entries(own),
    ...workers.map(({ pid = 0 }, index): [string, number] => [`worker ${index + 1}`, pid]),
  ].map(([name, pid]) => {
    const seconds = () => cpuSeconds(pid, name === "postgres");
    return { name, seconds, before: seconds() };
  });
  const startedAt = performance.now();
  return {
    told(messages) {
      const seconds = (performance.now() - startedAt) / 1000;
      return watched
        .map(({ name, seconds: now, before }) => {
          const used = now() - before;
          const share = ((used / seconds) * 100).toFixed(0);
          return `${name} ${share} % (${((used * 1000) / messages).toFixed(2)} ms a message)`;
        })
        .join(", ");
    },
  };
}
