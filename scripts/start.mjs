/** `npm start`. Old JavaScript on purpose: an old Node has to get far enough to say that it is too old. */
import { refuseOldNode } from "./bootstrap/node-version.mjs";

refuseOldNode();
import("./bootstrap/dependencies.mjs")
  .then(({ installDependencies }) => {
    installDependencies();
    return import("./bootstrap/typescript.mjs");
  })
  .then(({ run }) => run("../supervise.ts"));
