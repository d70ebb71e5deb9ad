/** Log lines: a name, ids and numbers, as JSON on stdout. What looks like a secret or content is cut out on the way. */
import { pino } from "pino";
import { configuredLogLevel } from "./config";

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export type Logger = {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** Of the error only name, code, first line and stack are written: its other properties may hold whole records. */
  error(event: string, fields?: LogFields, error?: unknown): void;
};

type Destination = { write(line: string): void };

export function logger(name: string, destination?: Destination): Logger {
  const options = {
    level: configuredLogLevel(),
    base: { name },
    messageKey: "event",
    timestamp: () => `,"at":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const lines = destination ? pino(options, destination) : pino(options);
  return {
    debug(event, fields = {}) {
      lines.debug(clean(fields), event);
    },
    info(event, fields = {}) {
      lines.info(clean(fields), event);
    },
    warn(event, fields = {}) {
      lines.warn(clean(fields), event);
    },
    error(event, fields = {}, error) {
      lines.error({ ...clean(fields), ...(error === undefined ? {} : told(error)) }, event);
    },
  };
}

const secretName =
  /password|secret|token|authorization|cookie|assertion|connectionstring|ciphertext/i;

function clean(fields: LogFields): LogFields {
  const cleaned: Record<string, LogFields[string]> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== "string") cleaned[name] = value;
    else cleaned[name] = secretName.test(name) ? "[redacted]" : redact(value);
  }
  return cleaned;
}

const secretShapes: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]+\.[\w-]+(\.[\w-]*){0,3}/g, "[token]"],
  [/\b(Bearer|Basic)\s+[\w+/=.~-]+/gi, "$1 [redacted]"],
  [/\b(\w+:\/\/)[^\s/@]*@/g, "$1[redacted]@"],
  [/(\w+:\/\/[^\s?#"']+)[?#][^\s"']*/g, "$1?[redacted]"],
  [
    /\b(AccountKey|SharedAccessSignature|sig|pwd|password|\w*secret|\w*token)=[^;&\s]+/gi,
    "$1=[redacted]",
  ],
  // A key or a sealed value; ids and SHA-256 in hex stay readable.
  [/(?<![\w+/-])(?=[\w+/-]*[A-Z])(?=[\w+/-]*[a-z])(?=[\w+/-]*\d)[\w+/-]{40,}={0,2}/g, "[redacted]"],
];

export function redact(text: string): string {
  return secretShapes.reduce((left, [shape, instead]) => left.replace(shape, instead), text);
}

const causesTold = 3;

function told(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: { name: typeof error } };
  const code = (error as { code?: unknown }).code;
  const cause =
    depth < causesTold && error.cause !== undefined ? told(error.cause, depth + 1)["error"] : null;
  return {
    error: {
      name: error.name,
      ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
      message: messageOf(error),
      stack: framesOf(error),
      ...(cause === null ? {} : { cause }),
    },
  };
}

/** The first line without what it quotes: a parser quotes the text it fails on, and that text is somebody's message. */
function messageOf(error: Error): string {
  if (error instanceof SyntaxError) return "";
  const firstLine = error.message.split("\n").find((line) => line.trim() !== "") ?? "";
  const unquoted = firstLine.replace(
    /(\b(?:constraint|relation|column|table|index|function|schema|database|role) )?(["'`])(?:(?!\2).)*\2/g,
    (whole, named?: string) => (named ? whole : "“…”"),
  );
  return redact(unquoted).slice(0, 300);
}

function framesOf(error: Error): string {
  const lines = (error.stack ?? "").split("\n");
  return lines.filter((line) => /^\s+at /.test(line)).join("\n");
}
