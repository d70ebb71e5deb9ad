/** Just enough of a browser: it follows redirects within one site, keeps cookies and sends forms. */
export class Browser {
  readonly #site: string;
  #cookies = new Map<string, string>();
  page = "";
  status = 0;

  constructor(site: string) {
    this.#site = site;
  }

  /** The address at which it ended up: a page of the site, or the first address outside of it. */
  open(address: string): Promise<URL> {
    return this.#go(new URL(address, this.#site), { method: "GET" });
  }

  /** Sends the page's form with one button pressed. */
  submit(button: Record<string, string>): Promise<URL> {
    const action = /<form method="post" action="([^"]+)"/.exec(this.page)?.[1];
    if (action === undefined) throw new Error(`There is no form on this page: ${this.page}`);
    const fields = new URLSearchParams(button);
    for (const [, name, value] of this.page.matchAll(
      /<input type="hidden" name="([^"]+)" value="([^"]*)">/g,
    )) {
      fields.set(name ?? "", value ?? "");
    }
    return this.#go(new URL(action, this.#site), { method: "POST", body: fields });
  }

  async #go(address: URL, init: RequestInit): Promise<URL> {
    if (address.origin !== this.#site) return address;
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(address, { ...init, redirect: "manual", headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    this.page = await answer.text();
    this.status = answer.status;
    const location = answer.headers.get("location");
    return location === null ? address : this.#go(new URL(location, address), { method: "GET" });
  }
}
