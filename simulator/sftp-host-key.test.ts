import ssh2 from "ssh2";
import { expect, it } from "vitest";
import { newPrivateKey } from "./sftp/host-key";

it("makes no host key that cannot be read again, though the library makes one of 250 so", () => {
  for (let made = 0; made < 1500; made += 1) {
    expect(ssh2.utils.parseKey(newPrivateKey())).not.toBeInstanceOf(Error);
  }
});
