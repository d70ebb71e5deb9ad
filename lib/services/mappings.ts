/** Mapping files: uploaded, shown with what is wrong in them, compared with the directory. */
import { csvLine } from "@/lib/core/csv-export";
import { refreshDirectory } from "./directory";
import { previewCoverage } from "./coverage";
import { mappingLines } from "./mapping-lines";
import { uploadMapping } from "./mapping-upload";
import type { PortalServices } from "./portal";
import type { PortalDeps } from "./portal-deps";
import { done, isId, refused, refusedBySyncError } from "./refusals";
import { mappingFileView } from "./views";

const pageSize = 25;
const csvPageSize = 1000;

export function createMappingService(deps: PortalDeps): PortalServices["mappings"] {
  const { store, clock } = deps;
  return {
    upload: (actor, input, bytes, signal) => uploadMapping(deps, actor, input, bytes, signal),

    async view(actor, mappingFileId) {
      if (!isId(mappingFileId)) return null;
      const file = await store.mappings.find(actor.tenantId, mappingFileId);
      return file === null ? null : mappingFileView(file);
    },

    async problems(actor, mappingFileId, after) {
      if (!isId(mappingFileId)) return { rows: [], next: null };
      const from = numberIn(after) ?? -1;
      const found = await store.mappings.problems(
        actor.tenantId,
        mappingFileId,
        from,
        pageSize + 1,
      );
      const page = found.slice(0, pageSize);
      const rows = page.map(({ line, column, severity, value, message }) => {
        return { line, column, severity, value, message };
      });
      return { rows, next: nextOf(found.length, page.at(-1)?.position) };
    },

    coverage: (actor, signal) => previewCoverage(deps, actor, signal),

    lines: (actor, mappingFileId, filter, after) =>
      mappingLines(deps, actor, mappingFileId, filter, after),

    async *problemsCsv(actor, mappingFileId) {
      yield csvLine(["Line", "Column", "Severity", "Value", "Message"]);
      if (!isId(mappingFileId)) return;
      let after = -1;
      for (;;) {
        const { tenantId } = actor;
        const page = await store.mappings.problems(tenantId, mappingFileId, after, csvPageSize);
        for (const { line, column, severity, value, message } of page) {
          yield csvLine([line, column, severity, value, message]);
        }
        const last = page.at(-1);
        if (last === undefined) return;
        after = last.position;
      }
    },

    async checkAgainstDirectory(actor, mappingFileId, signal) {
      const { tenantId } = actor;
      const file = isId(mappingFileId) ? await store.mappings.find(tenantId, mappingFileId) : null;
      if (file === null) return refused("This mapping file is no longer there.");
      if (file.state !== "checked") return refused("This mapping file cannot be used.");
      try {
        await refreshDirectory(deps, tenantId, signal);
      } catch (thrown) {
        return refusedBySyncError(thrown);
      }
      await store.mappings.checkAgainstDirectory(tenantId, mappingFileId, clock.now());
      const checked = await store.mappings.find(tenantId, mappingFileId);
      return checked === null
        ? refused("This mapping file is no longer there.")
        : done(mappingFileView(checked));
    },
  };
}

function nextOf(found: number, last: number | undefined): string | null {
  return found > pageSize && last !== undefined ? String(last) : null;
}

function numberIn(after: string | null): number | null {
  return after !== null && /^\d{1,9}$/.test(after) ? Number(after) : null;
}
