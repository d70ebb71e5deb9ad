/** Text items at full speed, beside a script without ledger or durability. */
import { importWorld } from "../import";
import { type Row, scaled } from "../row";
import { runScript } from "../script";
import type { WorldSize } from "../world";

export const rate: Row = {
  name: "rate",
  seconds: 260,
  about: "20,000 text items to 2 mailboxes each, over 200 mailboxes",
  runs: 3,
  async measure({ services, scale }) {
    const size: WorldSize = { items: scaled(20_000, scale), mailboxes: 200, copies: 2 };
    const { messages, seconds, cpu } = await importWorld(services, size, { workers: 1 });
    const packed = await runScript(services, { ...size, itemsPerBlob: 200 });
    const single = await runScript(services, { ...size, itemsPerBlob: 1 });
    const common = { unit: "messages/s", ours: messages / seconds };
    return [
      {
        ...{ name: "rate, script with a blob per 200", ...common },
        ...{ floor: packed.rate, goal: { ratioAtLeast: 0.5 } },
        note: `ours: ${cpu}; script: ${packed.cpu}`,
      },
      {
        ...{ name: "rate, script with a blob per item", ...common },
        ...{ floor: single.rate, goal: { ratioAtLeast: 4 }, note: `script: ${single.cpu}` },
      },
    ];
  },
};
