import type { Crumb } from "@/components/shell/breadcrumbs";

/** What leads to a page below a connector's own. */
export function connectorTrail({
  id,
  name,
}: {
  readonly id: string;
  readonly name: string;
}): readonly Crumb[] {
  return [
    { label: "Data connectors", href: "/data-connectors?tab=connectors" },
    { label: name, href: `/data-connectors/${id}` },
  ];
}
