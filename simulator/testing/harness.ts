import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator, type RunningSimulator } from "../start";
import type { Environment } from "../settings";
import { Browser } from "./browser";
import { complaints } from "./open-api";

export const clientId = "7d1f6a52-0000-4000-8000-00000000c11e";
export const clientSecret = "simulated-client-secret";
export const tenantId = "3f2c0d6e-0000-4000-8000-000000000001";
export const globalAdministrator = "62e90394-69f5-4237-9190-012177145e10";

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. Tests know what they asked for, so they say what is in it. */
  readonly json: <T = Record<string, unknown>>() => T;
};

type Asking = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** A simulator of a test's own, on free ports, with a clock that only moves when it is told to. */
export class Harness {
  private constructor(
    readonly simulator: RunningSimulator,
    readonly dataFolder: string,
    readonly time: { aheadMs: number },
  ) {}

  static async open(env: Environment = {}): Promise<Harness> {
    const dataFolder = await mkdtemp(join(tmpdir(), "simulator-"));
    const ports = { telemessage: 0, entra: 0, graph: 0, control: 0, sftp: 0 };
    const time = { aheadMs: 0 };
    const simulator = await startSimulator({
      env: { DATA_DIR: dataFolder, ...env },
      ports,
      clock: () => Date.now() + time.aheadMs,
      world: { ...world(), latencyMs: { graph: 0, telemessage: 0 } },
    });
    return new Harness(simulator, dataFolder, time);
  }

  /** Moves the simulator's clock. */
  pass(seconds: number): void {
    this.time.aheadMs += seconds * 1000;
  }

  async close(): Promise<void> {
    await this.simulator.close();
    await rm(this.dataFolder, { recursive: true, force: true });
  }

  control(method: string, path: string, body?: unknown): Promise<Answer> {
    return ask(`${this.simulator.urls.control}${path}`, { method, body });
  }

  async putWorld(changes: Partial<WorldBody> = {}): Promise<void> {
    expectStatus(await this.control("PUT", "/world", { ...world(), ...changes }), 200);
  }

  telemessage(path: string, token: string, headers: Record<string, string> = {}): Promise<Answer> {
    return ask(`${this.simulator.urls.telemessage}${path}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
  }

  signInToTelemessage(username: string, password: string): Promise<Answer> {
    return ask(`${this.simulator.urls.telemessage}/v1/session`, {
      method: "POST",
      body: { username, password },
    });
  }

  /** A request to Graph. Its answer is compared with the published description. */
  async graph(path: string, token: string, asking: Asking = {}): Promise<Answer> {
    const target = path.startsWith("/v1.0") ? path : `/v1.0${path}`;
    const answer = await ask(`${this.simulator.urls.graph}${target}`, {
      ...asking,
      headers: { authorization: `Bearer ${token}`, ...asking.headers },
    });
    const type = answer.headers.get("content-type") ?? "";
    const isJson = type.startsWith("application/json");
    if (answer.status === 204 || isJson) {
      const body = isJson ? answer.json() : undefined;
      const pathOnly = target.split("?", 1)[0] ?? target;
      const wrong = complaints(asking.method ?? "GET", pathOnly, answer.status, body);
      if (wrong !== undefined) throw new Error(`${asking.method ?? "GET"} ${target}: ${wrong}`);
    }
    return answer;
  }

  /** A token for the application as it is: with roles only if somebody consented. */
  async token(): Promise<string> {
    const answer = await this.tokenRequest({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
      scope: "https://graph.microsoft.com/.default",
    });
    expectStatus(answer, 200);
    return answer.json<{ access_token: string }>().access_token;
  }

  tokenRequest(
    form: Record<string, string>,
    headers: Record<string, string> = {},
    tenant: string = tenantId,
  ): Promise<Answer> {
    return ask(`${this.simulator.urls.entra}/${tenant}/oauth2/v2.0/token`, {
      method: "POST",
      headers,
      body: new URLSearchParams(form),
    });
  }

  /** Grants admin consent the way a person does: picks an account, then accepts. */
  async consent(upn = "admin@contoso.com"): Promise<URL> {
    const browser = new Browser(this.simulator.urls.entra);
    await browser.open(this.consentAddress());
    await browser.submit({ upn });
    return browser.submit({ decision: "accept" });
  }

  async consentedToken(): Promise<string> {
    await this.consent();
    return this.token();
  }

  consentAddress(state = "state-1"): string {
    return `/${tenantId}/v2.0/adminconsent?${new URLSearchParams({
      client_id: clientId,
      redirect_uri: callback,
      scope: "https://graph.microsoft.com/.default",
      state,
    })}`;
  }
}

export const callback = "http://127.0.0.1:3000/callback";

export async function ask(url: string, { method = "GET", headers, body }: Asking): Promise<Answer> {
  const isForm = body instanceof URLSearchParams;
  const isRaw = isForm || typeof body === "string" || Buffer.isBuffer(body);
  const answer = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      ...(body === undefined || isRaw ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? (body as BodyInit) : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: <T>() => JSON.parse(text) as T,
  };
}

export function expectStatus(answer: Answer, status: number): void {
  if (answer.status !== status) {
    throw new Error(`Expected ${status}, got ${answer.status}: ${answer.text}`);
  }
}

export type WorldBody = ReturnType<typeof world>;

/** A small tenant; tests add what they are about. */
export function world() {
  return {
    tenant: { id: tenantId, domain: "contoso.com", name: "Contoso" },
    people: [
      {
        upn: "admin@contoso.com",
        displayName: "Adele Vance",
        roles: ["Connector.Admin"],
        wids: [globalAdministrator],
        mailbox: "ok" as const,
      },
      { upn: "ann@contoso.com", displayName: "Ann Ok", mailbox: "ok" as const },
      { upn: "none@contoso.com", displayName: "Nora None", mailbox: "none" as const },
      { upn: "full@contoso.com", displayName: "Fay Full", mailbox: "full" as const },
      { upn: "denied@contoso.com", displayName: "Dan Denied", mailbox: "denied" as const },
    ],
    telemessage: {
      accountId: "acc-1",
      username: "archive@contoso.com",
      password: "secret",
      records: [] as unknown[],
    },
  };
}

/** The named property that carries a delivery's key. */
export const keyProperty = "String {5f2b1c52-8d0e-4a57-9a3b-6d6f0c0e7a11} Name IdempotencyKey";

/** The body of a create as the connector sends it. */
export function messageBody(key: string, changes: Record<string, unknown> = {}) {
  const sender = { emailAddress: { name: "Ann 4912345", address: "ann@contoso.com" } };
  return {
    subject: `WhatsApp Message ${key}`,
    body: { contentType: "html", content: `<p>Hello ${key} &amp; all</p>` },
    from: sender,
    sender,
    toRecipients: [{ emailAddress: { name: "49123", address: "49123@whatsapp.invalid" } }],
    isRead: true,
    categories: ["WhatsApp Archiver"],
    internetMessageId: `<${key}@contoso.com>`,
    internetMessageHeaders: [{ name: "X-WhatsApp-Item-Id", value: key }],
    singleValueExtendedProperties: [
      { id: "Integer 0x0E07", value: "1" },
      { id: "SystemTime 0x0E06", value: "2026-05-15T12:00:00Z" },
      { id: "SystemTime 0x0039", value: "2026-05-15T11:59:58Z" },
      { id: keyProperty, value: key },
    ],
    ...changes,
  };
}
