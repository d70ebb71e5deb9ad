/** `npm test`. Old JavaScript on purpose, see start.mjs. */
import { refuseOldNode } from "./bootstrap/node-version.mjs";

refuseOldNode();
import("./bootstrap/dependencies.mjs")
  .then(({ installDependencies }) => {
    installDependencies();
    return import("./bootstrap/typescript.mjs");
  })
  .then(({ run }) => run("../check.ts"));
