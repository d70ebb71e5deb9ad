/** Where the product under test answers; started once for all tests by start-product.ts. */
export type ProductAddresses = {
  readonly portalUrl: string;
  readonly controlUrl: string;
  readonly telemessageUrl: string;
  readonly entraUrl: string;
  readonly graphUrl: string;
  /** Its data directory, with run.json and the logs of its parts. */
  readonly dataDir: string;
};

const variable = "E2E_PRODUCT";

export function product(): ProductAddresses {
  const value = process.env[variable];
  if (value === undefined)
    throw new Error("The product was not started: run these tests with Playwright.");
  return JSON.parse(value) as ProductAddresses;
}

/** Environment is what Playwright hands from its set-up to its workers. */
export function announce(addresses: ProductAddresses): void {
  process.env[variable] = JSON.stringify(addresses);
}
