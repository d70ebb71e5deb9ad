/** SQL: which lines a version has. Several versions share the lines of one upload (decision 25). */

const ofFile = (file: string, what: string) =>
  `(SELECT ${what} FROM "MappingFile" f WHERE f."tenantId" = $1 AND f."id" = ${file})`;

/**
 * True for the lines (alias `line`) of the version that a parameter names; `$1` is the tenant. What it
 * asks of the version is asked once, so a list of lines still comes in the order of its index.
 */
export function ofVersion(line: string, file: string): string {
  return `${line}."tenantId" = $1
    AND ${line}."mappingFileId" = ${ofFile(file, `coalesce(f."stockId", f."id")`)}
    AND ${line}."since" <= ${ofFile(file, `f."edition"`)}
    AND (${line}."until" IS NULL OR ${line}."until" > ${ofFile(file, `f."edition"`)})`;
}

/** The same where the versions are rows of the statement (alias `file`). */
export function ofVersionRow(line: string, file: string): string {
  return `${line}."tenantId" = ${file}."tenantId"
    AND ${line}."mappingFileId" = coalesce(${file}."stockId", ${file}."id")
    AND ${line}."since" <= ${file}."edition"
    AND (${line}."until" IS NULL OR ${line}."until" > ${file}."edition")`;
}
