/** Old JavaScript on purpose, see start.mjs. */
export function refuseOldNode() {
  const parts = process.versions.node.split(".").map(Number);
  if (parts[0] > 20 || (parts[0] === 20 && parts[1] >= 19)) return;
  process.stderr.write(
    "This needs Node.js 20.19 or newer, and here is " +
      process.versions.node +
      ": install a newer one from https://nodejs.org and start again.\n",
  );
  process.exit(1);
}
