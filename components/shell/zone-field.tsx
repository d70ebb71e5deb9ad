"use client";

import { SelectField } from "./fields";
import { useZone } from "./zone";

type Props = {
  /** null when nobody chose one yet: then the browser's own. */
  readonly zone: string | null;
  readonly zones: readonly string[];
  readonly remember?: string;
};

export function ZoneField({ zone, zones, remember }: Props) {
  const own = useZone();
  const chosen = zone ?? own ?? "UTC";
  const known = zones.includes(chosen) ? zones : [chosen, ...zones];
  return (
    <SelectField
      // The browser tells its zone after the first paint; only then the default is known.
      key={chosen}
      name="zone"
      label="Time zone"
      defaultValue={chosen}
      {...(remember === undefined ? {} : { remember })}
    >
      {known.map((name) => (
        <option key={name} value={name}>
          {name.replaceAll("_", " ")}
        </option>
      ))}
    </SelectField>
  );
}
