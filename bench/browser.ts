/** A page of our own in a real Chromium, with what it needs to read a file in a worker. */
import { createReadStream, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { chromium } from "@playwright/test";
import { build } from "esbuild";
import { findChromium } from "../scripts/checks/tools";

const require = createRequire(import.meta.url);

export type InBrowser = {
  /** From handing the file to a worker until it is done; the longest the page stood still meanwhile. */
  readonly milliseconds: number;
  readonly longestGapMs: number;
  readonly lines: number;
};

export type Checker = "ours" | "papaparse";

export type BenchPage = {
  check(checker: Checker): Promise<InBrowser>;
  close(): Promise<void>;
};

export async function openBenchPage(path: string): Promise<BenchPage> {
  const ours = await bundled();
  const scripts: Record<string, string> = {
    "/ours.js": ours,
    "/papaparse.js": papaWorker(),
    "/": "<!doctype html><title>Bench</title>",
  };
  const server = createServer((request, response) => {
    const body = scripts[request.url ?? ""];
    const type = request.url === "/" ? "text/html" : "text/javascript";
    response.setHeader("Content-Type", type);
    if (body !== undefined) response.end(body);
    else createReadStream(path).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const executablePath = findChromium();
  const browser = await chromium.launch({
    args: ["--no-sandbox", "--disable-gpu"],
    ...(executablePath === null ? {} : { executablePath }),
  });
  const page = await browser.newPage();
  // What tsx makes of a function names its inner ones by this.
  await page.addInitScript("globalThis.__name = (named) => named");
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    check: (checker) => page.evaluate(measureInPage, checker),
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** As the portal's bundler does it: Node's Buffer, which csv-parse wants, has a stand-in. */
async function bundled(): Promise<string> {
  const buffer = require.resolve("next/dist/compiled/buffer");
  const { outputFiles } = await build({
    stdin: {
      contents: `import { Buffer } from ${JSON.stringify(buffer)};
        globalThis.Buffer = Buffer;
        await import("./components/mapping/check-worker.ts");`,
      resolveDir: process.cwd(),
    },
    ...{ bundle: true, write: false, format: "esm", minify: true, platform: "browser" },
    ...{ tsconfig: "tsconfig.json", target: "chrome120", define: { __dirname: '""' } },
  });
  return outputFiles[0]?.text ?? "";
}

function papaWorker(): string {
  const library = readFileSync(require.resolve("papaparse/papaparse.min.js"), "utf8");
  return `${library}
    addEventListener("message", ({ data: { file } }) => {
      let lines = 0;
      Papa.parse(file, {
        skipEmptyLines: true,
        chunk: ({ data }) => { lines += data.length; },
        complete: () => postMessage({ kind: "done", check: { lines: lines - 1 } }),
      });
    });`;
}

type Told = { readonly kind: string; readonly check: { readonly lines: number } };

/** Runs in the page; nothing of this file is there. */
async function measureInPage(checker: "ours" | "papaparse"): Promise<{
  milliseconds: number;
  longestGapMs: number;
  lines: number;
}> {
  const blob = await (await fetch("/file")).blob();
  const file = new File([blob], "mapping.csv", { type: "text/csv" });
  let longestGapMs = 0;
  let isOver = false;
  let shownAt = performance.now();
  const frame = (now: number) => {
    longestGapMs = Math.max(longestGapMs, now - shownAt);
    shownAt = now;
    if (!isOver) requestAnimationFrame(frame);
  };
  await new Promise(requestAnimationFrame);
  shownAt = performance.now();
  requestAnimationFrame(frame);
  const startedAt = performance.now();
  const worker = new Worker(`/${checker}.js`, checker === "ours" ? { type: "module" } : {});
  const lines = await new Promise<number>((resolve, reject) => {
    worker.addEventListener("error", (event) => reject(new Error(event.message)));
    worker.addEventListener("message", ({ data }: MessageEvent<Told>) => {
      if (data.kind === "unreadable") reject(new Error("Unreadable"));
      if (data.kind === "done") resolve(data.check.lines);
    });
    worker.postMessage({ file, defaultCountry: null });
  });
  const milliseconds = performance.now() - startedAt;
  isOver = true;
  worker.terminate();
  return { milliseconds, longestGapMs, lines };
}
