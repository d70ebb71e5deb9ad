import { PHASE_DEVELOPMENT_SERVER } from "next/constants.js";

/** @type {(phase: string) => import("next").NextConfig} */
const configure = (phase) => ({
  // A build for the tests stands beside the one that is being served.
  ...(process.env.NEXT_DIST_DIR ? { distDir: process.env.NEXT_DIST_DIR } : {}),
  poweredByHeader: false,
  productionBrowserSourceMaps: false,
  reactStrictMode: true,
  devIndicators: false,
  // `npm test` checks the types of the whole project; a start need not wait for it a second time.
  typescript: { ignoreBuildErrors: true },
  // The proxy's policy depends on it, and nothing but this file and lib/config.ts reads the environment.
  compiler: { define: { IS_DEVELOPMENT: phase === PHASE_DEVELOPMENT_SERVER } },
  // A lock file further up on somebody's disk must not move the root of the project.
  turbopack: { root: import.meta.dirname },
  serverExternalPackages: [
    "@azure/identity",
    "@azure/msal-node",
    "@azure/storage-blob",
    "@prisma/adapter-pg",
    "@prisma/client",
    "bullmq",
    "csv-parse",
    "iconv-lite",
    "ioredis",
    "mime-composer",
    "nodemailer",
    "pg",
    "pino",
    "ssh2",
    "undici",
  ],
  experimental: {
    // Writing it takes as long as a whole build, and a build is rarely followed by another.
    turbopackFileSystemCacheForBuild: false,
    optimizePackageImports: ["@fluentui/react-components", "@fluentui/react-icons"],
  },
});

export default configure;
