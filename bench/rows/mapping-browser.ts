/** The browser's check of a mapping file in its worker, beside PapaParse reading the same file in one. */
import { join } from "node:path";
import { openBenchPage } from "../browser";
import { writeMappingFile } from "../mapping-file";
import { type Row, scaled } from "../row";

export const mappingBrowser: Row = {
  name: "mapping-browser",
  seconds: 15,
  about: "a mapping file of 1,000,000 lines checked in Chromium, beside PapaParse in a worker",
  runs: 3,
  async measure({ services, scale }) {
    const lines = scaled(1_000_000, scale);
    const file = await writeMappingFile(join(services.dir, "browser.csv"), lines);
    const page = await openBenchPage(file.path);
    try {
      // Once each unmeasured: both engines have compiled what they run.
      await page.check("ours");
      await page.check("papaparse");
      const floor = await page.check("papaparse");
      const ours = await page.check("ours");
      if (ours.lines !== lines || floor.lines !== lines) throw new Error("Not every line was read");
      const name = "mapping-browser, 1,000,000 lines";
      return [
        {
          ...{ name, unit: "ms", ours: ours.milliseconds, floor: floor.milliseconds },
          goal: { ratioAtMost: 1.5 },
        },
        {
          ...{ name: `${name}, longest frame gap`, unit: "ms", floor: null },
          ...{ ours: ours.longestGapMs, goal: { atMost: 50 } },
        },
      ];
    } finally {
      await page.close();
    }
  },
};
