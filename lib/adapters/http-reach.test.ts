import { expect, test } from "vitest";
import { reachOf } from "./http-reach";

const mayReach = reachOf({
  allow: ["https://graph.microsoft.com", "http://127.0.0.1:4030"],
  allowBelow: ["office.com", "office365.com"],
});

test.each([
  "https://graph.microsoft.com/v1.0/users",
  "http://127.0.0.1:4030/upload",
  "https://outlook.office.com/api/gv1.0/users?authtoken=1",
  "https://outlook.office365.com:443/x",
  "https://a.b.office365.com/x",
])("an address that was named, or lies below a domain that was, is reached: %s", (url) => {
  expect(mayReach(new URL(url))).toBe(true);
});

test.each([
  ["a domain that ends alike", "https://outlook.myoffice.com/x"],
  ["a domain that begins alike", "https://outlook.office.com.example.org/x"],
  ["a domain in a user name", "https://outlook.office.com@example.org/x"],
  ["a user name before the right host", "https://user:secret@outlook.office.com/x"],
  ["the bare domain", "https://office.com/x"],
  ["no encryption", "http://outlook.office.com/x"],
  ["another port", "https://outlook.office.com:8443/x"],
  ["another port of this machine", "http://127.0.0.1:4031/x"],
  ["an address of the cloud's own network", "http://169.254.169.254/metadata"],
  ["a file", "file:///etc/passwd"],
])("%s is not", (_name, url) => {
  expect(mayReach(new URL(url))).toBe(false);
});
