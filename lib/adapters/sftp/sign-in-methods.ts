/** Signing in with each secret at most once: a server counts every wrong one, and may lock the user. */
import type { AuthenticationType, AuthHandlerMiddleware, ParsedKey } from "ssh2";
import type { SftpCredential } from "@/lib/ports/source";

type Method = Exclude<AuthenticationType, "agent" | "hostbased">;

export function answers(
  { username, password }: Pick<SftpCredential, "username" | "password">,
  key: ParsedKey | null,
): AuthHandlerMiddleware {
  const tried = new Set<Method>();
  return (accepted, _isPartly, next) => {
    const method = nextMethod(accepted, tried, {
      hasKey: key !== null,
      hasPassword: password !== null,
    });
    if (method === null) return next(noMore);
    tried.add(method);
    // Both ways carry the same password: refused by one it is not tried by the other.
    if (method === "password" || method === "keyboard-interactive") {
      tried.add("password").add("keyboard-interactive");
    }
    const secret = password ?? "";
    if (method === "none") return next({ type: "none", username });
    if (method === "password") return next({ type: "password", username, password: secret });
    if (method === "keyboard-interactive") {
      const prompt = answerPrompts(secret);
      return next({ type: "keyboard-interactive", username, prompt });
    }
    return key === null ? next(noMore) : next({ type: "publickey", username, key });
  };
}

/** The library's word for it, which its types forget. */
const noMore = false as never;

/** The first request carries nothing: its refusal names what the server accepts. */
function nextMethod(
  accepted: readonly AuthenticationType[] | null,
  tried: ReadonlySet<Method>,
  { hasKey, hasPassword }: { readonly hasKey: boolean; readonly hasPassword: boolean },
): Method | null {
  if (accepted === null) return tried.size === 0 ? "none" : null;
  const possible: readonly Method[] = [
    ...(hasKey ? (["publickey"] as const) : []),
    ...(hasPassword ? (["password", "keyboard-interactive"] as const) : []),
  ];
  return possible.find((method) => accepted.includes(method) && !tried.has(method)) ?? null;
}

type Prompts = readonly { readonly prompt: string; readonly echo?: boolean }[];

/** A hidden answer is the password; a second question is one we have no answer to. */
function answerPrompts(password: string) {
  return (
    _name: string,
    _instructions: string,
    _language: string,
    prompts: Prompts,
    finish: (answers: string[]) => void,
  ) => finish(prompts.map(({ echo }) => (echo === true ? "" : password)));
}
