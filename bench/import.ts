/** One whole run of the product over a world, from Finish to the closed run. */
import { startCpu } from "./cpu";
import { install, type InstallationOptions } from "./installation";
import type { Services } from "./services";
import { readStats, type SimulatedWorld, type Stats } from "./simulator";

export type Import = {
  readonly messages: number;
  readonly seconds: number;
  readonly cpu: string;
  readonly stats: Stats;
};

export async function importWorld(
  services: Services,
  world: SimulatedWorld,
  options: InstallationOptions,
): Promise<Import> {
  const installation = await install(services, world, options);
  try {
    const cpu = startCpu(services, installation.workers);
    const { imported, seconds } = await installation.closed(await installation.finish());
    if (imported !== world.items * world.copies) {
      throw new Error(`${imported} messages were imported of ${world.items * world.copies}`);
    }
    const stats = await readStats(services.urls.control);
    return { messages: imported, seconds, cpu: cpu.told(imported), stats };
  } finally {
    await installation.close();
  }
}
