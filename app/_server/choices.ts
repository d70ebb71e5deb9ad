/** The lists people choose from, made on the server: browsers know other names and spell them otherwise. */
import "server-only";
import { getCountries } from "libphonenumber-js/max";
import type { Country } from "@/components/mapping/country";

/** Countries with a numbering plan, by their English names. */
export function countryList(): readonly Country[] {
  countries ??= getCountries()
    .map((code) => ({ code, name: regionNames().of(code) ?? code }))
    .sort((left, right) => left.name.localeCompare(right.name, "en"));
  return countries;
}

let countries: readonly Country[] | undefined;

function regionNames(): Intl.DisplayNames {
  return new Intl.DisplayNames("en", { type: "region" });
}

export function zoneList(): readonly string[] {
  zones ??= ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
  return zones;
}

let zones: readonly string[] | undefined;
