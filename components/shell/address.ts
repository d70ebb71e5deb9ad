/** A path with a query of what is given; an empty value is not. */
export function addressWith(
  path: string,
  query: Readonly<Record<string, string | null | undefined>>,
): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
